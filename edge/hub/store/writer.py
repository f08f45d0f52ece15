"""Writes what devices publish into the database: many messages in one transaction, each record once."""

import json
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from edge.contract.reading import Place, moment
from edge.contract.records import EMOTIONS, Health, PublishedRecord
from edge.hub.store import sums, tables
from edge.hub.store.database import Database

Message = PublishedRecord | Health
HEALTH_SECONDS = 600
"""Health that says nothing new is kept so often."""
_KNOWN = 20_000
"""Ids that are remembered; others are looked up."""
_PRUNED_AT_ONCE = 5000
"""Rows; more at once would keep the writer waiting."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_STRICTER = (IntegrityError, DataError)
"""The database is stricter than the contract: what it refuses must not stop the rest."""
_LARGEST = 2**53
"""Counters in health have no bound in the contract."""

TOO_MANY_DEVICES = "too many devices"
TOO_MANY_STARTS = "too many starts of a device"
TOO_MANY_SERIES = "too many rooms or models of a device"
_MOST_STARTS = 20_000
"""Of one device: 14 days of a start every minute, or 50 years of one a day. A login can fill no more with new ones."""
_MOST_SERIES = 1000
CONTRADICTION = "contradicts itself"


class _TooMany(Exception):
    """A device needs one row more than it may have; the reason is why its message is refused."""


_BOUNDS = {
    tables.boots: (tables.boots.c.device_id, _MOST_STARTS, TOO_MANY_STARTS),
    tables.series: (tables.series.c.made_by, _MOST_SERIES, TOO_MANY_SERIES),
}
"""How many rows a device may have, by the column that names it, and the reason for which more are refused."""


class Written(NamedTuple):
    """What became of some messages.

    Attributes:
        new: those that were not there before, all health, then the records in their order.
        refused: how many were refused, by reason.

    """

    new: list[Message]
    refused: Counter[str]


class Store:
    """Belongs to one thread."""

    def __init__(self, database: Database, max_devices: int) -> None:
        """Write to a database whose tables are up to date; of at most `max_devices` devices."""
        self._database = database
        self._max_devices = max_devices
        self._ids: OrderedDict[tuple[str, ...], int] = OrderedDict()
        self._health: OrderedDict[int, tuple[int, dict[str, Any]]] = OrderedDict()
        self._full: set[tuple[str, int | None]] = set()

    def write(self, messages: Sequence[tuple[Place, Message]], refused: Mapping[str, int]) -> Written:
        """Commit messages and the number of refused ones by reason; repeats change nothing.

        Raises:
            EdgeError: the database takes nothing now; nothing of it was written.

        """
        written = Written([], Counter(refused))
        try:
            with self._database.begin() as connection:
                self._write_all(connection, messages, written)
                _count(connection, written.refused)
        except BaseException:
            # Ids of rows that were taken back must not be used again.
            self._ids.clear()
            self._health.clear()
            self._full.clear()
            raise
        return written

    def prune(self, keep_seconds: float, now: float) -> int:
        """Delete some of the records, sums and health that are too old; return how many, 0: there are no more.

        The sums of an hour are deleted with its last record.

        Args:
            keep_seconds: how long they are kept.
            now: seconds since 1970. A clock that is ahead deletes nothing: age is counted from the newest record.

        """
        deleted = 0
        with self._database.begin() as connection:
            before = min(now, newest(connection)) - keep_seconds
            # By owner, as the keys begin with it: otherwise each look would read the whole table.
            for table, owners, until in (
                (tables.intervals, tables.series, before),
                (tables.hours, tables.series, before - sums.HOUR),
                (tables.health, tables.devices, before),
            ):
                keys = list(table.primary_key)
                for owner in connection.scalars(select(owners.c.id)).all():
                    old = select(*keys).where(keys[0] == owner, keys[1] < until).limit(_PRUNED_AT_ONCE - deleted)
                    rows = connection.execute(old).all()
                    names = [f"old_{key.name}" for key in keys]
                    if rows:
                        parameters = [dict(zip(names, row, strict=True)) for row in rows]
                        connection.execute(_delete_by_key(table), parameters)
                    deleted += len(rows)
        return deleted

    def _write_all(self, connection: Connection, messages: Sequence[tuple[Place, Message]], written: Written) -> None:
        rows: dict[tuple[int, int], tuple[dict[str, Any], Message]] = {}
        for place, message in messages:
            try:
                device = self._device(connection, place)
                if device is None:
                    written.refused[TOO_MANY_DEVICES] += 1
                elif isinstance(message, Health):
                    self._write_health(connection, device, message)
                    written.new.append(message)
                elif contradicts(message):
                    written.refused[CONTRADICTION] += 1
                else:
                    row = self._row(connection, device, message)
                    rows.setdefault((row["boot_id"], row["seq"]), (row, message))
            except _TooMany as reason:
                written.refused[reason.args[0]] += 1
            except _STRICTER:
                written.refused[CONTRADICTION] += 1
        if not rows:
            return
        new = self._insert(connection, [row for row, _message in rows.values()], written)
        sums.add(connection, [rows[key][0] for key in new])
        written.new.extend(rows[key][1] for key in new)

    def _insert(self, connection: Connection, rows: list[dict[str, Any]], written: Written) -> list[tuple[int, int]]:
        """Insert rows of `intervals`; return boot and number of those that were not there before."""
        table = tables.intervals
        statement = _ignoring_repeats(connection, table).returning(table.c.boot_id, table.c.seq)
        try:
            with connection.begin_nested():
                return [(row.boot_id, row.seq) for row in connection.execute(statement, rows)]
        except _STRICTER:
            if len(rows) == 1:
                written.refused[CONTRADICTION] += 1
                return []
        half = len(rows) // 2
        return self._insert(connection, rows[:half], written) + self._insert(connection, rows[half:], written)

    def _row(self, connection: Connection, device: int, record: PublishedRecord) -> dict[str, Any]:
        boot = self._id(connection, tables.boots, {"device_id": device, "boot": record.boot}, device)
        series = {"site": record.site, "room": record.room, "mode": record.mode, "model": record.model}
        ended = int(moment(record.end).timestamp())
        observations = record.observations.model_dump()
        return {
            "series_id": self._id(connection, tables.series, series | record.privacy.model_dump(), device),
            "ended": ended,
            "boot_id": boot,
            "seq": record.seq,
            "seconds": ended - int(moment(record.start).timestamp()),
            "synced": record.clock == "synced",
            "replayed": record.replayed,
            "frames_analysed": record.frames.analysed,
            "frames_expected": record.frames.expected,
            "people": record.faces.mean,
            "most": record.faces.max,
            **{name: getattr(record.emotions, name) for name in EMOTIONS},
            "unsure": record.unsure,
            "other": record.other,
            "emotions_error": record.emotions_error,
            "suppressed": record.suppressed,
            "practice": record.practice,
            "observations": json.dumps(observations) if set(observations.values()) != {None} else None,
        }

    def _write_health(self, connection: Connection, device: int, said: Health) -> None:
        """Keep health that says something new, or where the latest that was kept is old."""
        time = int(moment(said.time).timestamp())
        state = {
            "observer": said.observer,
            "camera": said.camera and said.camera.state,
            "camera_error": said.camera and said.camera.error,
            "paused_by": ", ".join(said.paused_by or ()),
            "light": said.light,
            "picture": said.picture,
            "spool": said.spool,
            "synced": said.clock == "synced",
            "backlog": min(said.backlog, _LARGEST),
            "dropped": min(said.dropped, _LARGEST),
            "lost": min(sum(each.records for each in said.lost), _LARGEST),
            "refused_at_door": min(said.refused_at_door, _LARGEST),
        }
        kept_at, kept = self._health.get(device, (0, {}))
        if state == kept and 0 <= time - kept_at < HEALTH_SECONDS:
            return
        values = {"device_id": device, "time": time, **state}
        # A device may send two in one second; the later one is right.
        later = insert_into(connection, tables.health).on_conflict_do_update(
            index_elements=["device_id", "time"], set_=state
        )
        with connection.begin_nested():
            connection.execute(later, values)
        _remember(self._health, device, (time, state))

    def _device(self, connection: Connection, place: Place) -> int | None:
        """Return the id of a device; None where it would be one too many."""
        values = {"site": place.site, "device": place.device}
        known = self._known(connection, tables.devices, values)
        if known is not None:
            return known
        if (connection.scalar(select(func.count()).select_from(tables.devices)) or 0) >= self._max_devices:
            return None
        return self._id(connection, tables.devices, values, None)

    def _known(self, connection: Connection, table: Table, values: dict[str, Any]) -> int | None:
        key = (table.name, *map(str, values.values()))
        if key in self._ids:
            self._ids.move_to_end(key)
            return self._ids[key]
        wanted = (table.c[name] == value for name, value in values.items())
        found: int | None = connection.scalar(select(table.c.id).where(*wanted))
        if found is not None:
            _remember(self._ids, key, found)
        return found

    def _id(self, connection: Connection, table: Table, values: dict[str, Any], device: int | None) -> int:
        """Return the id of a row, which is made for a device where it is not there.

        Raises:
            _TooMany: it would be one more than the device may have.

        """
        known = self._known(connection, table, values)
        if known is None:
            self._bound(connection, table, device)
            made_by = {"made_by": device} if table is tables.series else {}
            with connection.begin_nested():
                # Another program may have made it meanwhile; that is no contradiction.
                connection.execute(_ignoring_repeats(connection, table).values(values | made_by))
            known = self._known(connection, table, values)
            assert known is not None
        return known

    def _bound(self, connection: Connection, table: Table, device: int | None) -> None:
        """Raise `_TooMany` where a device has all the rows that it may have; no row is ever taken from it."""
        if table not in _BOUNDS:
            return
        column, most, reason = _BOUNDS[table]
        if (table.name, device) not in self._full:
            count = connection.scalar(select(func.count()).where(column == device)) or 0
            if count < most:
                return
            self._full.add((table.name, device))
        raise _TooMany(reason)


def contradicts(record: PublishedRecord) -> bool:
    """Return whether a record has times or values that no device publishes."""
    start, end = moment(record.start), moment(record.end)
    counts = {record.faces.max, record.faces.mean, record.unsure, record.other, record.emotions_error}
    counts |= set(record.emotions.model_dump().values())
    # Nothing is published of an interval that is withheld whole.
    whole = record.suppressed not in {None, "above_max_share", "below_min_cell"}
    return not (
        2000 <= start.year <= end.year < 2200  # noqa: PLR2004 - as the tables
        and 0 < (end - start).total_seconds() <= 86_400  # noqa: PLR2004 - a day
        and not (whole and counts != {None})
        and not (record.faces.mean is None and record.emotions_error is not None)
        and "\x00" not in record.room + record.site  # which PostgreSQL does not take
    )


def _remember(known: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _KNOWN:
        known.popitem(last=False)


def _ignoring_repeats(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that leaves out rows whose key is there."""
    return insert_into(connection, table).on_conflict_do_nothing()


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that knows ON CONFLICT; both databases have it, each in its own words."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def newest(connection: Connection) -> float:
    """Return when the newest record ended, seconds since 1970; 0 where there is none."""
    latest = select(func.max(tables.intervals.c.ended)).where(tables.intervals.c.series_id == tables.series.c.id)
    return connection.scalar(select(func.max(latest.scalar_subquery())).select_from(tables.series)) or 0


def _delete_by_key(table: Table) -> Any:  # noqa: ANN401 - a statement
    return delete(table).where(*(key == bindparam(f"old_{key.name}") for key in table.primary_key))


def _count(connection: Connection, refused: Counter[str]) -> None:
    """Add refused messages to those of today."""
    for reason, messages in refused.items():
        table = tables.refused
        statement = insert_into(connection, table).values(day=today(), reason=reason, messages=messages)
        more = {"messages": table.c.messages + statement.excluded.messages}
        connection.execute(statement.on_conflict_do_update(index_elements=["day", "reason"], set_=more))


def today() -> date:
    """Return the day in UTC."""
    return datetime.now(UTC).date()
