"""What a history holds, compared with what was published."""

from typing import Any

from sqlalchemy import select

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.store import sums
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.tables import hours, intervals


def of(*records: dict[str, Any]) -> list[tuple[Place, PublishedRecord]]:
    """Return records as they come from the broker, each on the topic of its device."""
    return [(Place(each["site"], each["device"]), PublishedRecord.model_validate(each)) for each in records]


def by_key(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda each: (each["site"], each["device"], each["boot"], each["seq"]))


def sums_of_all(database: Database) -> list[tuple[int, ...]]:
    """Return the sums of all records of lessons, computed from these."""
    start = sums.begin_of(intervals.c.ended, sums.HOUR).label("start")
    series = intervals.c.series_id
    with database.engine.connect() as connection:
        query = select(series, start, *sums.sums_of_records()).where(sums.OF_LESSONS)
        query = query.group_by(series, start).order_by(series, start)
        return [tuple(row) for row in connection.execute(query)]


def sums_kept(database: Database) -> list[tuple[int, ...]]:
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(hours).order_by(hours.c.series_id, hours.c.start))]


def assert_once(database: Database, published: list[dict[str, Any]]) -> None:
    """Everything that was published is there once, as it was published, and in the sums."""
    stored = [each | {"replayed": False} for each in History(database).every_record(None, 0, 2**33)]
    assert by_key(stored) == by_key(published)
    assert sums_kept(database) == sums_of_all(database)
