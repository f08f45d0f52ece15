"""What of a device needs a person, from what it published and what `doctor` said on it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from edge.contract.records import Health
from edge.fleet.expected import Examined, Expected
from edge.watch.rooms import Room, hindrance_of
from edge.watch.words import has_few_descriptors, lost_records, seconds

Urgency = Literal["now", "soon"]
"""`now`: records are missing or wrong until someone acts; `soon`: they will be, or may be."""

_HOT = 80.0
_LATEST = 1.25
"""A device sends a record up to a quarter of an interval late, so two may be this many intervals apart."""
_THROTTLED_NOW = 0b1111
_FEW_DAYS = 30


class Trouble(NamedTuple):
    """One thing that needs a person.

    Attributes:
        urgency: how soon.
        code: a stable name.
        text: for a person.

    """

    urgency: Urgency
    code: str
    text: str


def never_heard(room: Room) -> Trouble:
    """Return the trouble of a device that there should be and that said nothing."""
    return Trouble("now", "silent", f"nothing was heard of {room.place.device}: is it on, and is the site right?")


def troubles(room: Room, missing: int, now: datetime, listened: float) -> Iterator[Trouble]:
    """Yield what the messages of a device say.

    Args:
        room: its latest messages.
        missing: numbers of records that were left out while the report listened.
        now: this machine's time, UTC.
        listened: for how many seconds.

    """
    if room.online is False:
        yield Trouble("now", "offline", "offline: no power, no network, or stopped")
        return
    is_due = room.info is None or _LATEST * room.info.interval_seconds <= listened
    if room.record is None and not room.paused and is_due:
        yield Trouble("now", "no_record", "no record came while the report listened")
    elif room.stale(now):
        yield Trouble("now", "stale", f"its latest record is {seconds(room.age(now))} old")
    if missing:
        yield Trouble("soon", "gap", f"{missing} records are missing, or come later")
    if room.record is not None and room.record.clock != "synced":
        yield Trouble("soon", "clock", "its clock is not synchronised")
    if room.info is not None and room.info.configuration_from == "last good":
        yield Trouble("now", "configuration", "its configuration file cannot be used; an earlier one stands in for it")
    if room.health is not None:
        yield from _of_sight(room.health)
        yield from _of_delivery(room.health)
        yield from _of_machine(room.health)


def _of_sight(health: Health) -> Iterator[Trouble]:
    if health.observer == "silent":
        yield Trouble("now", "observer", "the process that sees is silent")
    elif health.camera is not None and health.camera.state == "retrying":
        yield Trouble("now", "camera", f"its camera fails: {health.camera.error or 'unknown'}")
    elif health.camera is not None and health.camera.state == "running" and (hindrance := hindrance_of(health)):
        yield Trouble("soon", "picture", f"its picture: {hindrance}")


def _of_delivery(health: Health) -> Iterator[Trouble]:
    if lost := lost_records(health):
        yield Trouble("now", "lost", f"{lost} stored records were lost since it started")
    if health.dropped:
        yield Trouble("now", "dropped", f"{health.dropped} records were dropped since it started")
    if health.without_subscriber:
        yield Trouble("now", "no_subscriber", f"{health.without_subscriber} records reached no data store")
    if health.withheld_messages:
        yield Trouble("soon", "refused", f"the broker does not take: {', '.join(health.withheld_messages)}")


def _of_machine(health: Health) -> Iterator[Trouble]:
    if health.spool == "memory":
        yield Trouble("now", "disk", "it cannot write to its disk: records are kept in memory alone")
    if health.damaged_files:
        yield Trouble("soon", "damaged", f"damaged files were set aside: {', '.join(health.damaged_files)}")
    if health.soc_celsius is not None and health.soc_celsius >= _HOT:
        yield Trouble("soon", "heat", f"{health.soc_celsius:.0f} °C")
    if health.throttled is not None and int(health.throttled, 16) & _THROTTLED_NOW:
        yield Trouble("soon", "throttled", f"slowed down or under-volted now ({health.throttled})")
    if has_few_descriptors(health):
        yield Trouble("soon", "descriptors", f"it may open {health.descriptors_free} more files only")


def of_doctor(examined: Examined, now: datetime) -> Iterator[Trouble]:
    """Yield what `doctor` found on the device itself."""
    for finding in examined.findings:
        if finding.state in {"failed", "warning"}:
            urgency: Urgency = "now" if finding.state == "failed" else "soon"
            yield Trouble(urgency, f"doctor.{finding.code}", finding.sentence)
        elif finding.ends and (days := (finding.ends - now).days) < _FEW_DAYS:
            yield Trouble("soon", "certificate", f"a certificate ends in {days} days")


def drift(room: Room, expected: Expected | None, usual_version: str) -> Iterator[Trouble]:
    """Yield where a device is not as it should be, or not as most others are."""
    if room.info is None:
        return
    wanted = (expected.version if expected else "") or usual_version
    if wanted and room.info.version != wanted:
        yield Trouble("soon", "version", f"runs {room.info.version}, not {wanted}")
    if expected and expected.room and room.info.room != expected.room:
        yield Trouble("soon", "room", f"says that it is in {room.info.room}, not in {expected.room}")
