"""What an upgrade would do to each device, by what the broker says of them; `emotion-edge upgrade-plan` prints it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from edge.fleet.batches import batches
from edge.fleet.hosts import Host, Inventory
from edge.fleet.listen import Listener
from edge.fleet.target import Target, Targets
from edge.fleet.troubles import Trouble, never_heard, troubles
from edge.system.clock import iso
from edge.watch.rooms import Room

State = Literal["ready", "there", "blocked", "unlisted"]
"""`there`: it runs what it shall run; `unlisted`: the broker knows it and the inventory does not."""

_BLOCKS = {
    "offline": "upgrade.yml leaves it out where ssh cannot reach it either, and else stops at its batch",
    "silent": "upgrade.yml leaves it out where ssh cannot reach it either, and else stops at its batch",
    "no_facts": "see whether the broker lets it publish them",
    "no_record": "upgrade.yml stops at its batch",
    "stale": "upgrade.yml stops at its batch",
    "disk": "a release cannot be installed; look at its card",
}
"""Troubles with which a device cannot be upgraded now, and what follows."""
_WEAKENS = {
    "paused": "nobody is counted, so a release that counts nobody passes",
    "clock": "signatures and certificates have a time; set it",
    "configuration": "correct it first",
    "observer": "counts cannot be compared",
    "camera": "counts cannot be compared",
    "picture": "fewer people can be compared",
    "lost": "look at its card first",
    "damaged": "look at its card first",
    "throttled": "look at its supply first",
}
"""Troubles with which an upgrade goes on and proves less, or fails more easily."""


@dataclass(frozen=True)
class Step:
    """One device.

    Attributes:
        room: its latest messages.
        host: its name in the inventory; empty without one.
        batch: number of its batch, from 1, which has the canaries; 0: it is in none.
        version: what it shall run; empty: not known.
        model: what it shall use; empty: none, or not known.
        state: whether it can be upgraded now.
        troubles: what is in the way (`now`), and what makes the proof weaker (`soon`).

    """

    room: Room
    host: str
    batch: int
    version: str
    model: str
    state: State
    troubles: tuple[Trouble, ...]

    def facts(self) -> dict[str, Any]:
        """Return the row for machines; what is not known is None."""
        info = self.room.info
        return {
            "site": self.room.place.site,
            "room": self.room.name,
            "device": self.room.place.device,
            "host": self.host or None,
            "batch": self.batch or None,
            "state": self.state,
            "version": {"now": info.version if info else None, "then": self.version or None},
            "model": {"now": info.model if info else None, "then": self.model or None},
            "board": info.board if info else None,
            "troubles": [one._asdict() for one in self.troubles],
        }


@dataclass(frozen=True)
class Plan:
    """The upgrade of a fleet, as the broker's messages have it at one time."""

    at: datetime
    steps: list[Step]
    batches: list[int]
    """Their sizes."""

    def count(self, state: State) -> int:
        """Return how many devices are in a state."""
        return sum(step.state == state for step in self.steps)

    @property
    def notes(self) -> Iterator[str]:
        """Yield what holds for all devices."""
        canaries = [step for step in self.steps if step.batch == 1]
        if canaries and all(step.state == "blocked" for step in canaries):
            yield "No canary can be upgraded now, so upgrade.yml does not begin."
        if unheard := sum(step.state == "ready" and step.room.health is None for step in self.steps):
            yield (
                f"The health of {unheard} devices did not come while this listened, so their disks are not known: "
                "--seconds 65 waits for all."
            )
        yield (
            "The broker knows version and model of a device, and not the build, the metadata of a model, the system, "
            "the architecture or the free space: upgrade.yml --check asks each device."
        )

    def facts(self) -> dict[str, Any]:
        """Return everything for machines."""
        return {
            "time": iso(self.at.timestamp()),
            "devices": len(self.steps),
            **{state: self.count(state) for state in ("ready", "there", "blocked", "unlisted")},
            "batches": self.batches,
            "notes": list(self.notes),
            "rows": [step.facts() for step in self.steps],
        }


def make_plan(listener: Listener, inventory: Inventory, targets: Targets, now: datetime) -> Plan:
    """Return the plan.

    Args:
        listener: has heard the devices.
        inventory: the devices that are upgraded, and in which batches.
        targets: what each of them shall run.
        now: this machine's time, UTC.

    """
    rooms = listener.rooms
    parts = batches(inventory.hosts, inventory.canaries, inventory.batches)
    steps = []
    for number, part in enumerate(parts, 1):
        for host in part:
            room = rooms.devices.get(host.place)
            missing = listener.gaps.missing(host.place)
            found = troubles(room, missing, now, listener.seconds) if room else [never_heard(Room(host.place))]
            steps.append(_step(room or Room(host.place), host, number, targets.of(host.place), list(found)))
    places = {host.place for host in inventory.hosts}
    steps += [_unlisted(room) for room in rooms.sorted() if room.place not in places]
    return Plan(now, steps, [len(part) for part in parts])


def _step(room: Room, host: Host, number: int, target: Target, found: Sequence[Trouble]) -> Step:
    version, model = target.version_for(room.info), target.model_for(room.info)
    if room.info is not None and target.is_reached(room.info):
        return Step(room, host.host, number, version, model, "there", ())
    if room.online and room.info is None:
        found = [*found, Trouble("now", "no_facts", "its facts (info) did not come")]
    if room.online and room.paused:
        found = [*found, Trouble("soon", "paused", "it is paused")]
    told = [_told(one, "now", _BLOCKS) for one in found if one.code in _BLOCKS]
    state: State = "blocked" if told else "ready"
    told += [_told(one, "soon", _WEAKENS) for one in found if one.code in _WEAKENS]
    return Step(room, host.host, number, version, model, state, tuple(told))


def _told(trouble: Trouble, urgency: Literal["now", "soon"], effects: Mapping[str, str]) -> Trouble:
    mark = "" if trouble.text.endswith("?") else ";"
    return Trouble(urgency, trouble.code, f"{trouble.text}{mark} {effects[trouble.code]}")


def _unlisted(room: Room) -> Step:
    return Step(room, "", 0, "", "", "unlisted", ())
