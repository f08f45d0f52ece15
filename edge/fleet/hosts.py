"""The devices of an inventory, as `ansible/upgrade_plan.yml` writes them: in the order in which they are upgraded."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from edge.contract.reading import Place
from edge.errors import UnusableInput
from edge.fleet.batches import BATCHES, SIZE
from edge.fleet.expected import Name, parse


class Host(BaseModel):
    """A host of the inventory."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(max_length=255)
    """Its name in the inventory; empty where there is no inventory."""
    site: Name
    device: Name
    wheel: str = ""
    """Path of the release that it shall run; empty: nobody says."""
    model: str = ""
    """Path of a model of one's own; empty: the one of the release."""

    @property
    def place(self) -> Place:
        """Where it publishes."""
        return Place(self.site, self.device)


class Inventory(BaseModel):
    """All devices.

    Attributes:
        canaries: how many of `hosts`, which begin with them; 0: the first one is the canary.
        batches: sizes of the batches after them; see `edge.fleet.batches`.
        hosts: in the order in which they are upgraded.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    canaries: int = Field(0, ge=0)
    batches: tuple[int | Annotated[str, Field(pattern=f"^{SIZE}$")], ...] = Field(BATCHES, min_length=1)
    hosts: list[Host]


def read_inventory(file: Path) -> Inventory:
    """Return what `ansible/upgrade_plan.yml` wrote.

    Raises:
        UnusableInput: it cannot be read, says something else, or names a device twice.

    """
    found = parse(file, TypeAdapter(Inventory))
    seen: dict[Place, str] = {}
    for one in found.hosts:
        if one.place in seen:
            problem = f"names {one.device} of {one.site} twice ({seen[one.place]}, {one.host})"
            raise UnusableInput(str(file), problem, "give each host a device_id of its own")
        seen[one.place] = one.host
    return found


def known_devices(places: Iterable[Place]) -> Inventory:
    """Return the devices that a broker knows as an inventory: by site and name."""
    return Inventory(hosts=[Host(host="", site=place.site, device=place.device) for place in sorted(places)])


def in_batches(inventory: Inventory, canaries: int | None, sizes: tuple[int | str, ...] | None) -> Inventory:
    """Return an inventory with other batches; None leaves a value as it is."""
    changes = {"canaries": canaries, "batches": sizes}
    return inventory.model_copy(update={name: value for name, value in changes.items() if value is not None})
