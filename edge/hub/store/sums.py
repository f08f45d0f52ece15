"""Sums of records by hour, from which averages of long times are computed without reading each record.

A record belongs to the hour in which it ended. Sums weigh a number of people by the length of its interval: tenths of
people times seconds. What is withheld or was not observed has no number and adds nothing but its seconds. A record of
practice adds nothing at all.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, case, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite

from edge.hub.store.tables import PEOPLE, SUMS, WITHHELD, boots, devices, hours, intervals, series, unsummed

log = logging.getLogger(__name__)

MINUTE = 60
HOUR = 3600
_STEP = 50_000
"""Records that one transaction sums up at most, besides those of one hour."""
_REPORT = 20
"""A line in the log after so many steps."""
_LARGEST_TIME = 2**40
OF_LESSONS = ~intervals.c.practice
"""The condition that a row of `intervals` is none of practice."""


def begin_of(ended: ColumnElement[int], length: int) -> ColumnElement[int]:
    """Return when the hour or minute began in which a record ended; on the full hour it belongs to the hour before."""
    return ended - 1 - (ended - 1) % length


def query_of_sums(length: int, since: int, until: int, *, device: str | None = None, phase: int = 0) -> Select[Any]:
    """Return the query of `start` and `SUMS` by hour or minute, in order of time; the caller adds of which `series`.

    What `hours` holds is of all devices of a room, by hours of UTC. All else is computed from the records.

    Args:
        length: `HOUR` or `MINUTE`.
        since: a time in the first hour or minute, seconds since 1970.
        until: end of the time; the hour or minute in which it lies is the last one.
        device: id of the one whose records count; None: all of them.
        phase: seconds by which hours begin later than those of UTC: 1,800 in India.

    """
    first, last = since - (since - phase) % length, until + (phase - until) % length
    if length == HOUR and device is None and phase == 0:
        start = hours.c.start
        query = select(start, *_sums_of_hours()).select_from(hours.join(series))
        return query.where(start >= first, start < last).group_by(start).order_by(start)
    begin = (begin_of(intervals.c.ended - phase, length) + phase).label("start")
    tables = intervals.join(series)
    if device is not None:
        tables = tables.join(boots, intervals.c.boot_id == boots.c.id).join(devices)
    query = select(begin, *sums_of_records()).select_from(tables)
    if device is not None:
        query = query.where(devices.c.device == device)
    query = query.where(intervals.c.ended > first, intervals.c.ended <= last, OF_LESSONS)
    return query.group_by(begin).order_by(begin)


def _sums_of_hours() -> list[ColumnElement[Any]]:
    """Return the sums over rows of `hours`, with the names of their columns."""
    return [(func.max if name == "most" else func.sum)(hours.c[name]).label(name) for name in SUMS]


def sums_of_records() -> list[ColumnElement[Any]]:
    """Return the same sums over rows of `intervals`."""
    seconds = intervals.c.seconds
    found: dict[str, ColumnElement[Any]] = {"seconds": func.sum(seconds), "most": func.max(intervals.c.most)}
    for name in PEOPLE:
        column = intervals.c[name]
        found[name] = func.sum(type_coerce(column, Integer) * seconds)
        found[f"seconds_{name}"] = func.sum(case((column.is_not(None), seconds), else_=0))
    for name in WITHHELD:
        found[name] = func.sum(case((intervals.c.suppressed == name, seconds), else_=0))
    # Of an hour in which everything was withheld, the sum of nothing is 0.
    return [(func.coalesce(found[name], 0) if name in PEOPLE else found[name]).label(name) for name in SUMS]


def add(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Add rows of `intervals` that were not there before to the sums of their hours."""
    added: dict[tuple[int, int], dict[str, Any]] = {}
    for row in rows:
        if row["practice"]:
            continue
        key = row["series_id"], (row["ended"] - 1) // HOUR * HOUR
        if key not in added:
            added[key] = dict.fromkeys(SUMS, 0) | {"most": None, "series_id": key[0], "start": key[1]}
        _add_row(added[key], row)
    if added:
        # In order, so that two programs that write the same hours wait for each other only once.
        connection.execute(_adding(connection.dialect.name), [added[key] for key in sorted(added)])


def _add_row(total: dict[str, Any], row: dict[str, Any]) -> None:
    seconds = row["seconds"]
    total["seconds"] += seconds
    if row["most"] is not None:
        total["most"] = max(total["most"] or 0, row["most"])
    for name in PEOPLE:
        if row[name] is not None:
            total[name] += round(row[name] * 10) * seconds
            total[f"seconds_{name}"] += seconds
    if row["suppressed"] in WITHHELD:
        total[row["suppressed"]] += seconds


@cache
def _adding(dialect: str) -> Any:  # noqa: ANN401 - an INSERT of either database
    """Return the statement that adds to a row of `hours`, or makes it."""
    statement = sqlite.insert(hours) if dialect == "sqlite" else postgresql.insert(hours)
    changes: dict[str, Any] = {name: hours.c[name] + statement.excluded[name] for name in SUMS}
    known, new = hours.c.most, statement.excluded.most
    changes["most"] = case((known.is_(None) | (new > known), new), else_=known)
    return statement.on_conflict_do_update(index_elements=["series_id", "start"], set_=changes)


def sum_up(begin: Callable[[], AbstractContextManager[Connection]], place: str) -> None:
    """Sum up the records that an earlier release stored without sums.

    Each step is a transaction of its own, so that neither memory nor log of the database grows with the history. After
    an end in between it goes on where it was.

    Args:
        begin: begins a transaction.
        place: of the database, for the log.

    """
    steps = 0
    while _step(begin):
        steps += 1
        if steps % _REPORT == 1:
            log.info("%s: computing sums by hour of earlier records, step %d", place, steps)
    if steps:
        log.info("%s: sums by hour are complete", place)


def _step(begin: Callable[[], AbstractContextManager[Connection]]) -> bool:
    """Sum up some records of one series; return whether there may be more."""
    with begin() as connection:
        work = connection.execute(select(unsummed).limit(1)).one_or_none()
        if work is None:
            return False
        of_it = (intervals.c.series_id == work.series_id, intervals.c.ended > work.after)
        many = select(intervals.c.ended).where(*of_it).order_by(intervals.c.ended).offset(_STEP).limit(1)
        last = connection.scalar(many)
        # Whole hours, at least one: an hour is summed up at once or not at all.
        until = _LARGEST_TIME if last is None else max((last - 1) // HOUR * HOUR, work.after + HOUR)
        start = begin_of(intervals.c.ended, HOUR).label("start")
        found: Select[Any] = select(intervals.c.series_id, start, *sums_of_records()).where(
            *of_it, intervals.c.ended <= until, OF_LESSONS
        )
        names = ["series_id", "start", *SUMS]
        connection.execute(hours.insert().from_select(names, found.group_by(intervals.c.series_id, start)))
        here = unsummed.c.series_id == work.series_id
        if last is None:
            connection.execute(unsummed.delete().where(here))
        else:
            connection.execute(unsummed.update().where(here).values(after=until))
    return True
