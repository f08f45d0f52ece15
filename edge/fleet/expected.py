"""What there should be, and what each device said of itself: files from whoever runs the fleet."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.contract.reading import Place
from edge.errors import UnusableInput

_MOST_BYTES = 16_000_000
_Said = TypeVar("_Said")
Name = Annotated[str, Field(min_length=1, max_length=64)]
"""Of a site or a device."""


class Expected(BaseModel):
    """A device that there should be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Name
    device: Name
    room: str = Field("", max_length=64)
    version: str = Field("", max_length=64)
    """Empty: the one that most devices have."""


class Finding(BaseModel):
    """A finding of `emotion-edge doctor --json`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: str
    state: Literal["ok", "warning", "failed", "skipped"]
    sentence: str = ""
    remedy: str = ""
    ends: AwareDatetime | Literal[""] = ""
    """When what it is about ends, such as a certificate."""


class Examined(BaseModel):
    """What `emotion-edge doctor --json` printed on a device."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    findings: list[Finding]

    def days_left(self, now: datetime) -> int | None:
        """Return the whole days until the first certificate ends; None where no end is known."""
        ends = [one.ends for one in self.findings if one.ends]
        return (min(ends) - now).days if ends else None


@dataclass(frozen=True)
class Files:
    """Everything that was handed over.

    Attributes:
        devices: by site and name; empty where nobody said which devices there should be.
        examined: by name of the device.

    """

    devices: dict[Place, Expected]
    examined: dict[str, Examined]


def read_files(expected: Path | None, doctor: Path | None) -> Files:
    """Return what the files say.

    Args:
        expected: JSON, a list of `{"site", "device", "room", "version"}`; None: nobody knows.
        doctor: folder with a file `DEVICE.json` of each device, printed by `emotion-edge doctor --json`; None: none.

    Raises:
        UnusableInput: a file cannot be read, or says something else.

    """
    listed = parse(expected, TypeAdapter(list[Expected])) if expected else []
    found: dict[Place, Expected] = {}
    for one in listed:
        place = Place(one.site, one.device)
        if place in found:
            raise UnusableInput(str(expected), f"names {one.device} of {one.site} twice", "remove one of the two")
        found[place] = one
    return Files(found, _examined(doctor) if doctor else {})


def _examined(folder: Path) -> dict[str, Examined]:
    if not folder.is_dir():
        raise UnusableInput(str(folder), "is no folder", "name one with a file DEVICE.json for each device")
    return {file.stem: parse(file, TypeAdapter(Examined)) for file in sorted(folder.glob("*.json"))}


def parse(file: Path, kind: TypeAdapter[_Said]) -> _Said:
    """Return what a JSON file says; raise `UnusableInput` where it cannot be read, or says something else."""
    try:
        with file.open("rb") as opened:
            return kind.validate_json(opened.read(_MOST_BYTES))
    except OSError as error:
        raise UnusableInput(str(file), f"cannot be read ({error.strerror})", "name another file") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnusableInput(
            str(file), f"{where}: {first['msg']}".lstrip(": "), "correct it, or make it again"
        ) from error
