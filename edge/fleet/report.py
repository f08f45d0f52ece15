"""One row for each device of a fleet, those first that need a person."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.contract.reading import Place
from edge.fleet.expected import Files
from edge.fleet.listen import Listener
from edge.fleet.troubles import Trouble, drift, never_heard, of_doctor, troubles
from edge.system.clock import iso
from edge.watch.rooms import Room


@dataclass(frozen=True)
class Row:
    """One device.

    Attributes:
        room: its latest messages.
        missing: numbers of records that were left out while the report listened.
        days: until its first certificate ends; None: nobody said.
        troubles: what needs a person, what is urgent first.

    """

    room: Room
    missing: int
    days: int | None
    troubles: tuple[Trouble, ...]

    def facts(self, now: datetime) -> dict[str, Any]:
        """Return the row for machines; what is not known is None."""
        room, info, health = self.room, self.room.info, self.room.health
        age = room.age(now)
        camera = health.camera if health else None
        return {
            "site": room.place.site,
            "room": room.name,
            "device": room.place.device,
            "state": room.state(),
            "version": info.version if info else None,
            "mode": info.mode if info else None,
            "model": info.model if info else None,
            "configuration": info.configuration if info else None,
            "configuration_from": info.configuration_from if info else None,
            "last_exit": info.last_exit if info else None,
            "record_seconds_ago": None if age is None else round(age),
            "missing_records": self.missing,
            "backlog": health.backlog if health else None,
            "dropped": health.dropped if health else None,
            "camera": camera.state if camera else None,
            "camera_error": camera.error if camera else None,
            "picture": health.picture if health else None,
            "soc_celsius": health.soc_celsius if health else None,
            "throttled": health.throttled if health else None,
            "clock": room.record.clock if room.record else (health.clock if health else None),
            "paused_by": health.paused_by if health else None,
            "certificate_days": self.days,
            "troubles": [one._asdict() for one in self.troubles],
        }


@dataclass(frozen=True)
class Report:
    """The fleet at one time."""

    at: datetime
    rows: list[Row]

    @property
    def in_trouble(self) -> list[Row]:
        """The devices that need a person now."""
        return [row for row in self.rows if any(one.urgency == "now" for one in row.troubles)]

    def facts(self) -> dict[str, Any]:
        """Return everything for machines."""
        return {
            "time": iso(self.at.timestamp()),
            "devices": len(self.rows),
            "need_a_person_now": len(self.in_trouble),
            "need_a_person_soon": sum(bool(row.troubles) for row in self.rows) - len(self.in_trouble),
            "rows": [row.facts(self.at) for row in self.rows],
        }


def make_report(listener: Listener, files: Files, now: datetime) -> Report:
    """Return the report on all devices that were heard, and on those that should have been.

    Args:
        listener: has heard the devices.
        files: which devices there should be, and what `doctor` said on them.
        now: this machine's time, UTC.

    """
    known = dict(listener.rooms.devices)
    silent = [place for place in files.devices if place not in known]
    known |= {place: Room(place) for place in silent}
    versions = Counter(room.info.version for room in known.values() if room.info)
    usual = versions.most_common(1)[0][0] if versions else ""
    rows = []
    for place, room in known.items():
        examined = files.examined.get(place.device)
        missing = listener.gaps.missing(place)
        found = [never_heard(room)] if place in silent else list(troubles(room, missing, now, listener.seconds))
        found += drift(room, files.devices.get(place), usual)
        found += of_doctor(examined, now) if examined else ()
        if files.devices and place not in files.devices:
            found.append(Trouble("soon", "unexpected", "is not in the list of devices that there should be"))
        found.sort(key=lambda one: one.urgency != "now")
        rows.append(Row(room, missing, examined.days_left(now) if examined else None, tuple(found)))
    rows.sort(key=_order)
    return Report(now, rows)


def _order(row: Row) -> tuple[int, str, str, str]:
    urgency = 0 if any(one.urgency == "now" for one in row.troubles) else 1 if row.troubles else 2
    place: Place = row.room.place
    return urgency, place.site, row.room.name, place.device
