"""Reads the history: rooms, records, averages, health and gaps. Times are seconds since 1970."""

import heapq
import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, func, or_, select, type_coerce
from sqlalchemy.engine import Row

from edge.contract.records import EMOTIONS
from edge.hub.store.database import Database
from edge.hub.store.sums import HOUR, MINUTE, query_of_sums
from edge.hub.store.tables import WITHHELD, Tenths, boots, devices, health, intervals, refused, series
from edge.system.clock import iso

Resolution = Literal["minute", "hour"]
_LENGTHS: dict[Resolution, int] = {"minute": MINUTE, "hour": HOUR}
_NOTHING = dict.fromkeys((*EMOTIONS, "unsure"))
_JOINED = intervals.join(series).join(boots, intervals.c.boot_id == boots.c.id).join(devices)
_KEY = (intervals.c.ended, intervals.c.boot_id, intervals.c.seq)
_OF_PEOPLE = {column.name for column in intervals.c if isinstance(column.type, Tenths)}
_COLUMNS = (
    # Tenths as they are stored: a lesson has thousands, and a function for each costs more than the division.
    *(type_coerce(each, Integer).label(each.name) if each.name in _OF_PEOPLE else each for each in intervals.c),
    *(each for each in series.c if each.name not in {"id", "made_by"}),
    boots.c.boot,
    devices.c.device,
)
_AHEAD = 3600
"""Seconds by which a clock may be ahead."""
_AT_ONCE = 20_000
"""Records of an export that are in memory, about."""


class Room(NamedTuple):
    """A room of a site."""

    site: str
    name: str


class Mark(NamedTuple):
    """Where a page of records ended."""

    ended: int
    boot_id: int
    seq: int


class History:
    """Every method is for any thread, and raises `EdgeError` where the database cannot be read now.

    Attributes:
        database: that is read.

    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def rooms(self) -> list[dict[str, Any]]:
        """Return the rooms that have records, with the ends of the first and of the latest record."""
        first, latest = (
            # One step in the index for each series; GROUP BY would read all records.
            select(of(intervals.c.ended)).where(intervals.c.series_id == series.c.id).scalar_subquery()
            for of in (func.min, func.max)
        )
        found = (
            select(series.c.site, series.c.room, func.min(first).label("first"), func.max(latest).label("latest"))
            .where(first.is_not(None))
            .group_by(series.c.site, series.c.room)
            .order_by(series.c.site, series.c.room)
        )
        return [
            {"site": row.site, "room": row.room, "first": iso(row.first), "latest": iso(row.latest)}
            for row in self._rows(found)
        ]

    def latest(self, now: int, seconds: int) -> list[dict[str, Any]]:
        """Return the latest record of each device that has one which ended in the last `seconds`.

        One of a clock that was ahead of `now` counts where there is no other: it would stay the latest for years.
        """
        inner = intervals.alias()
        # One step in the index for each start of a device. Not for each series: several devices may stand in a room.
        last = select(func.max(inner.c.seq)).where(inner.c.boot_id == boots.c.id).scalar_subquery()
        # By itself: a planner that puts it into the rest reads all records.
        ends = select(boots.c.id, last.label("seq")).cte("ends").prefix_with("MATERIALIZED")
        of_it = and_(intervals.c.boot_id == ends.c.id, intervals.c.seq == ends.c.seq)
        query = select(*_COLUMNS).select_from(_JOINED.join(ends, of_it))
        query = query.where(intervals.c.ended >= now - seconds).order_by(*by_time(now))
        return list({(row.site, row.device): _record(row) for row in self._rows(query)}.values())

    def records(
        self, room: Room, since: int, until: int, limit: int, after: Mark | None = None
    ) -> tuple[list[dict[str, Any]], Mark | None]:
        """Return records that ended in `[since, until)`, oldest first, and where to go on; None: there are no more.

        Args:
            room: whose records.
            since: seconds since 1970.
            until: seconds since 1970.
            limit: largest number of records.
            after: where the page before ended.

        """
        query = _within(select(*_COLUMNS).select_from(_JOINED), room, since, until)
        if after is not None:
            query = query.where(_beyond(_KEY, after))
        rows = self._rows(query.order_by(*_KEY).limit(limit + 1))
        page = Mark(rows[limit - 1].ended, rows[limit - 1].boot_id, rows[limit - 1].seq) if len(rows) > limit else None
        return [_record(row) for row in rows[:limit]], page

    def every_record(
        self, room: Room | None, since: int, until: int, *, practice: bool = True
    ) -> Iterator[dict[str, Any]]:
        """Yield records that ended in `[since, until)`, oldest first, of a room or of all.

        Each series lies in the order of time, so these are read page by page and merged: no page looks through what
        follows it, and no transaction lasts until the end. Without `practice`: of lessons alone.
        """
        query = select(series.c.id)
        if room is not None:
            query = query.where(series.c.site == room.site, series.c.room == room.name)
        numbers = [row.id for row in self._rows(query)]
        pages = (self._of_series(number, since, until, max(10, _AT_ONCE // len(numbers))) for number in numbers)
        for row in heapq.merge(*pages, key=lambda row: (row.ended, row.boot_id, row.seq)):
            if practice or not row.practice:
                yield _record(row)

    def _of_series(self, number: int, since: int, until: int, page: int) -> Iterator[Row[Any]]:
        query = _within(select(*_COLUMNS).select_from(_JOINED), None, since, until)
        query = query.where(intervals.c.series_id == number).order_by(*_KEY).limit(page)
        after: Mark | None = None
        while True:
            rows = self._rows(query if after is None else query.where(_beyond(_KEY, after)))
            yield from rows
            if len(rows) < page:
                return
            after = Mark(rows[-1].ended, rows[-1].boot_id, rows[-1].seq)

    def averages(
        self, room: Room, since: int, until: int, resolution: Resolution, device: str | None = None
    ) -> list[dict[str, Any]]:
        """Return averages of a room by minute or hour, weighted by the length of intervals.

        They are of whole minutes or hours, also those in which the time begins and ends. A record belongs to that in
        which it ended. What is withheld lowers no average: `seconds_told` of `seconds` have a number of people. Records
        of practice are left out, as if they were missing. Without `device` they are of all devices of the room.
        """
        query = query_of_sums(_LENGTHS[resolution], since, until, device=device)
        query = query.where(series.c.site == room.site, series.c.room == room.name)
        return [_average(row) for row in self._rows(query)]

    def health(self, site: str, device: str, since: int, until: int, limit: int) -> list[dict[str, Any]]:
        """Return health of a device, oldest first; each row holds until the next one."""
        query = (
            select(health)
            .select_from(health.join(devices))
            .where(devices.c.site == site, devices.c.device == device, health.c.time >= since, health.c.time < until)
            .order_by(health.c.time)
            .limit(limit)
        )
        return [_health(row) for row in self._rows(query)]

    def gaps(self, room: Room, since: int, until: int, limit: int) -> list[dict[str, Any]]:
        """Return times of a room's devices without records, oldest first.

        `missing` counts records whose numbers did not arrive. It is null between two starts of a device, where
        nothing is known to be missing: the device was off. `health` is the first that the device sent afterwards.
        """
        # All records of these starts: a device that was moved goes on with its numbers in another room. Between two
        # numbers, as there is an index for these.
        boot, seq = intervals.c.boot_id, intervals.c.seq
        numbered = select(boot, func.min(seq).label("low"), func.max(seq).label("high"))
        here = _within(numbered.select_from(intervals.join(series)), room, since, until).group_by(boot).subquery()
        all_of_them = (
            select(*intervals.c, boots.c.device_id)
            .select_from(here.join(boots, boots.c.id == here.c.boot_id).join(intervals, boots.c.id == boot))
            .where(seq.between(here.c.low, here.c.high), intervals.c.ended >= since, intervals.c.ended < until)
            .subquery()
        )
        found: list[tuple[Row[Any], int | None]] = []
        with self.database.read() as connection:
            numbers = _neighbours(all_of_them.c, "boot_id", "seq")
            holes = select(numbers).where(numbers.c.seq - numbers.c.before_seq > 1).order_by(numbers.c.ended)
            found += [(row, row.seq - row.before_seq - 1) for row in connection.execute(holes.limit(limit))]
            times = _neighbours(all_of_them.c, "device_id", "ended")
            silences = (
                select(times)
                .where(times.c.boot_id != times.c.before_boot_id, times.c.started > times.c.before_ended)
                .order_by(times.c.ended)
            )
            found += [(row, None) for row in connection.execute(silences.limit(limit))]
            found.sort(key=lambda each: each[0].ended)
            return [_gap(connection, row, missing) for row, missing in found[:limit]]

    def refused(self, limit: int) -> list[dict[str, Any]]:
        """Return how many messages were refused, by day and reason, newest first."""
        query = select(refused).order_by(refused.c.day.desc(), refused.c.reason).limit(limit)
        rows = self._rows(query)
        return [{"day": row.day.isoformat(), "reason": row.reason, "messages": row.messages} for row in rows]

    def _rows(self, query: Select[Any]) -> list[Row[Any]]:
        with self.database.read() as connection:
            return list(connection.execute(query).all())


def by_time(now: int) -> tuple[ColumnElement[Any], ...]:
    """Return what sorts records by time so that the latest one is the last, and those from the future are the first."""
    return intervals.c.ended <= now + _AHEAD, intervals.c.ended


def _within(query: Select[Any], room: Room | None, since: int, until: int) -> Select[Any]:
    query = query.where(intervals.c.ended >= since, intervals.c.ended < until)
    return query if room is None else query.where(series.c.site == room.site, series.c.room == room.name)


def _beyond(key: tuple[ColumnElement[int], ...], mark: Mark) -> ColumnElement[bool]:
    """Return the condition that a row comes after a mark; as the planner knows it for an index."""
    ended, boot, seq = key
    later = and_(ended == mark.ended, or_(boot > mark.boot_id, and_(boot == mark.boot_id, seq > mark.seq)))
    return and_(ended >= mark.ended, or_(ended > mark.ended, later))


def _average(row: Row[Any]) -> dict[str, Any]:
    values = row._asdict()

    def mean(name: str) -> float | None:
        """Return an average in people, with two decimals: the error of a record is larger."""
        seconds = int(values[f"seconds_{name}"])
        return round(int(values[name]) / seconds / 10, 2) if seconds else None

    return {
        "start": iso(int(values["start"])),
        "seconds": int(values["seconds"]),
        "seconds_told": int(values["seconds_people"]),
        "seconds_withheld": {name: int(values[name]) for name in WITHHELD if values[name]},
        "faces": {"mean": mean("people"), "max": values["most"]},
        "emotions": {name: mean(name) for name in EMOTIONS},
        "unsure": mean("unsure"),
        "other": mean("other"),
        "emotions_error": mean("emotions_error"),
    }


def _record(row: Row[Any]) -> dict[str, Any]:
    """Return a record, of the columns `_COLUMNS`, as it was published."""
    said = row._asdict()
    for name in _OF_PEOPLE:
        if said[name] is not None:
            said[name] /= 10
    ended = said["ended"]
    return {
        "schema": 1,
        "device": said["device"],
        "site": said["site"],
        "room": said["room"],
        "boot": said["boot"],
        "seq": said["seq"],
        "start": iso(ended - said["seconds"]),
        "end": iso(ended),
        "clock": "synced" if said["synced"] else "unsynced",
        "mode": said["mode"],
        "frames": {"analysed": said["frames_analysed"], "expected": said["frames_expected"]},
        "faces": {"mean": said["people"], "max": said["most"]},
        "emotions": {name: said[name] for name in EMOTIONS},
        "unsure": said["unsure"],
        "other": said["other"],
        "observations": json.loads(said["observations"]) if said["observations"] else dict(_NOTHING),
        "suppressed": said["suppressed"],
        "emotions_error": said["emotions_error"],
        "practice": said["practice"],
        "privacy": {"min_group": said["min_group"], "max_share": said["max_share"], "min_cell": said["min_cell"]},
        "model": said["model"],
        "replayed": said["replayed"],
    }


def _health(row: Row[Any]) -> dict[str, Any]:
    return {
        "time": iso(row.time),
        "observer": row.observer,
        "camera": row.camera,
        "camera_error": row.camera_error,
        "paused_by": row.paused_by.split(", ") if row.paused_by else [],
        "light": row.light,
        "picture": row.picture,
        "spool": row.spool,
        "clock": "synced" if row.synced else "unsynced",
        "backlog": row.backlog,
        "dropped": row.dropped,
        "lost": row.lost,
        "refused_at_door": row.refused_at_door,
    }


def _neighbours(columns: Any, together: str, order: str) -> Any:  # noqa: ANN401 - a subquery and its columns
    """Return rows beside their predecessor: those of the same `together`, one after the other by `order`."""

    def before(name: str) -> ColumnElement[Any]:
        window = func.lag(columns[name]).over(partition_by=columns[together], order_by=columns[order])
        return window.label(f"before_{name}")

    names = ("device_id", "boot_id", "seq", "ended")
    started = (columns.ended - columns.seconds).label("started")
    return select(*(columns[name] for name in names), started, *(before(name) for name in names[1:])).subquery()


def _gap(connection: Connection, row: Row[Any], missing: int | None) -> dict[str, Any]:
    site, device = connection.execute(
        select(devices.c.site, devices.c.device).where(devices.c.id == row.device_id)
    ).one()
    query = select(health).where(health.c.device_id == row.device_id, health.c.time >= row.before_ended)
    after = connection.execute(query.order_by(health.c.time).limit(1)).one_or_none()
    return {
        "site": site,
        "device": device,
        "from": iso(row.before_ended),
        "to": iso(row.started),
        "missing": missing,
        "health": None if after is None else _health(after),
    }
