"""Reads from the history what a lesson needs."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, and_, case, func, or_, select, type_coerce
from sqlalchemy.engine import Row

from edge.contract.records import EMOTIONS
from edge.hub.lesson.samples import Sample
from edge.hub.store.account_tables import audit
from edge.hub.store.database import Database
from edge.hub.store.history import Room
from edge.hub.store.sums import HOUR, MINUTE, OF_LESSONS, begin_of, query_of_sums
from edge.hub.store.tables import boots, devices, health, intervals, series

BOUNDED = "above_max_share"
"""Of `suppressed`: the emotions of a record are bounds, or only its observations are withheld."""
_COLUMNS = ("boot_id", "seq", "ended", "seconds", "people", "most", "happy", "neutral", "unsure", "emotions_error")
_PEOPLE_TENTHS = 10
_MOST_HEALTH = 2000


class Order(NamedTuple):
    """A person's order about a pause.

    Attributes:
        time: when it was given, seconds since 1970.
        paused_by: who paused; None: it resumed.

    """

    time: int
    paused_by: str | None


class Minute(NamedTuple):
    """The numbers of the records of a minute, people on average.

    Attributes:
        begin: seconds since 1970.
        seconds: of the records with a number of people.
        people: on average.
        emotions: of each of `GROUPS`; None: no record has them.

    """

    begin: int
    seconds: int
    people: float
    emotions: tuple[float, ...] | None


class Reading:
    """For any thread; every method raises `EdgeError` where the database cannot be read now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, room: Room, since: int, until: int) -> list[Row[Any]]:
        """Return the records of a room that ended in `(since, until]`, oldest first, of all devices."""
        columns = [intervals.c[name] for name in _COLUMNS]
        query = (
            select(
                *columns,
                intervals.c.suppressed,
                intervals.c.practice,
                series.c.min_group,
                series.c.mode,
                devices.c.device,
            )
            .select_from(intervals.join(series).join(boots, intervals.c.boot_id == boots.c.id).join(devices))
            .where(*_of(room), intervals.c.ended > since, intervals.c.ended <= until)
            .order_by(intervals.c.ended)
        )
        return self._all(query)

    def minutes(self, room: Room, device: str, times: Sequence[tuple[int, int]]) -> list[Minute]:
        """Return averages of the minutes that begin in some times, of one device, oldest first."""
        start = begin_of(intervals.c.ended, MINUTE).label("begin")
        detailed = _has_emotions()
        sums = [_sum(intervals.c.people, intervals.c.people.is_not(None), "people")]
        sums += [_sum(intervals.c[name], detailed, name) for name in ("happy", "neutral", "unsure")]
        sums += [_sum(intervals.c.people, detailed, "of_detailed")]
        lengths = [
            func.sum(case((condition, intervals.c.seconds), else_=0)).label(name)
            for name, condition in (("seconds", intervals.c.people.is_not(None)), ("seconds_detailed", detailed))
        ]
        within = [and_(intervals.c.ended > since, intervals.c.ended <= until) for since, until in times]
        query = (
            select(start, *sums, *lengths)
            .select_from(intervals.join(series).join(boots, intervals.c.boot_id == boots.c.id).join(devices))
            .where(*_of(room), OF_LESSONS, devices.c.device == device, or_(*within))
            .group_by(start)
            .order_by(start)
        )
        return [_minute(row) for row in self._all(query) if row.seconds]

    def heat(self, room: Room, device: str | None, zone: ZoneInfo, since: int, until: int) -> list[dict[str, Any]]:
        """Return averages by weekday and hour of a time zone; `device` None: of all devices of the room."""
        # A zone's hours begin where they begin now: those that move by half an hour are very few.
        offset = datetime.fromtimestamp(until, zone).utcoffset()
        assert offset is not None  # it has a zone
        phase = -int(offset.total_seconds()) % HOUR
        query = query_of_sums(HOUR, since, until, device=device, phase=phase).where(*_of(room))
        cells: dict[tuple[int, int], dict[str, int]] = {}
        for row in self._all(query):
            local = datetime.fromtimestamp(row.start, zone)
            cell = cells.setdefault((local.weekday(), local.hour), {})
            for name, value in row._asdict().items():
                if name != "start":
                    cell[name] = cell.get(name, 0) + int(value or 0)
        return [
            {"weekday": weekday, "hour": hour} | _heat_of(cell)
            for (weekday, hour), cell in sorted(cells.items())
            if cell["seconds_people"]
        ]

    def pauses(self, site: str, device: str, since: int, until: int) -> list[tuple[int, list[str]]]:
        """Return from when on which sources paused a device, oldest first; the first may be before `since`."""
        here = devices.c.site == site, devices.c.device == device
        query = select(health.c.time, health.c.paused_by).select_from(health.join(devices)).where(*here)
        before = query.where(health.c.time < since).order_by(health.c.time.desc()).limit(1)
        within = query.where(health.c.time >= since, health.c.time < until).order_by(health.c.time)
        rows = self._all(before) + self._all(within.limit(_MOST_HEALTH))
        return [(row.time, row.paused_by.split(", ") if row.paused_by else []) for row in rows]

    def was_paused(self, site: str, device: str, source: str, since: int, until: int) -> bool:
        """Return whether no health between two times says that a source did not pause a device."""
        query = select(health.c.time).select_from(health.join(devices))
        query = query.where(health.c.paused_by.not_like(f"%{source}%"))
        query = query.where(devices.c.site == site, devices.c.device == device)
        return not self._all(query.where(health.c.time > since, health.c.time < until).limit(1))

    def orders(self, site: str, device: str, until: int) -> list[Order]:
        """Return the latest orders of people about a pause of a device, oldest first; without those that failed."""
        query = (
            select(audit.c.time, audit.c.actor, audit.c.action)
            .where(audit.c.action.in_(("paused", "resumed")), audit.c.detail.not_like("failed:%"))
            .where(audit.c.site == site, audit.c.subject == device, audit.c.time < until)
            .order_by(audit.c.time.desc(), audit.c.id.desc())
            .limit(50)
        )
        return [Order(row.time, row.actor if row.action == "paused" else None) for row in reversed(self._all(query))]

    def _all(self, query: Any) -> list[Row[Any]]:  # noqa: ANN401 - a SELECT
        with self._database.read() as connection:
            return list(connection.execute(query).all())


def sample_of(row: Row[Any]) -> Sample:
    """Return the numbers of a record."""
    if row.practice:  # somebody tried the device out
        return Sample(row.ended, row.seconds, None)
    parts = row.people, row.happy, row.neutral, row.unsure
    emotions = None
    if None not in parts:  # of bounds, one emotion alone is there
        other = round(row.people - row.happy - row.neutral - row.unsure, 1)
        emotions = (row.happy, row.neutral, max(0.0, other), row.unsure)
    moved = row.min_group > 1 and row.mode == "emotions"
    return Sample(row.ended, row.seconds, row.people, emotions, row.emotions_error, moved)


def _of(room: Room) -> tuple[ColumnElement[bool], ...]:
    return series.c.site == room.site, series.c.room == room.name


def _has_emotions() -> ColumnElement[bool]:
    columns = (intervals.c.people, intervals.c.happy, intervals.c.neutral, intervals.c.unsure)
    return and_(*(column.is_not(None) for column in columns))


def _sum(column: ColumnElement[Any], condition: ColumnElement[bool], name: str) -> ColumnElement[Any]:
    weighted = type_coerce(column, Integer) * intervals.c.seconds
    return func.sum(case((condition, weighted), else_=0)).label(name)


def _minute(row: Row[Any]) -> Minute:
    def mean(tenths: int, seconds: int) -> float:
        return int(tenths) / _PEOPLE_TENTHS / int(seconds)

    emotions = None
    if row.seconds_detailed:
        shown = [mean(value, row.seconds_detailed) for value in (row.happy, row.neutral, row.unsure)]
        other = max(0.0, mean(row.of_detailed, row.seconds_detailed) - sum(shown))
        emotions = (shown[0], shown[1], other, shown[2])
    return Minute(row.begin, row.seconds, mean(row.people, row.seconds), emotions)


def _heat_of(sums: dict[str, int]) -> dict[str, Any]:
    """Return an hour's averages; None where a group was partly withheld, whose average of the rest would mislead."""
    shown = max(sums[f"seconds_{name}"] for name in (*EMOTIONS, "other", "unsure"))
    # "other" of a record holds what `min_cell` hides, also of groups that have a number in other records.
    alone = ("happy", "neutral", "unsure")
    numbers = shown > 0 and not sums[BOUNDED]  # the sums hold the bounds, too
    whole = {name: numbers and sums[f"seconds_{name}"] == shown for name in alone}

    def mean(names: Iterable[str], seconds: int) -> float:
        return round(sum(sums[name] for name in names) / _PEOPLE_TENTHS / seconds, 2)

    others = [name for name in (*EMOTIONS, "other") if name not in alone]
    averages = {name: mean([name], shown) if whole[name] else None for name in alone}
    averages["other"] = mean(others, shown) if all(whole.values()) else None
    return {
        "seconds": sums["seconds_people"],
        "people": mean(["people"], sums["seconds_people"]),
        "smiling": averages.pop("happy"),
        **averages,
    }
