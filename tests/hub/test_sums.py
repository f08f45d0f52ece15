"""Averages of hours come from sums, which say the same as the records, in whatever order these arrive."""

import random
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from edge.hub.settings import HubSettings
from edge.hub.store import sums
from edge.hub.store.database import Database, _alembic
from edge.hub.store.history import History, Room
from edge.hub.store.tables import SCHEMA
from edge.hub.store.writer import Store
from edge.system.clock import iso
from tests.hub.stored import of, sums_kept, sums_of_all
from tests.views.published import LENGTH, Device

HOUR = 1_700_000_000 // 3600 * 3600
ROOM = Room("north", "B12")


def recorded() -> list[dict[str, Any]]:
    """Return records of three hours of two devices of a room, and of another room: told, withheld, paused."""
    chance = random.Random(3)
    records: list[dict[str, Any]] = []
    for name, room in (("pi-1", "B12"), ("pi-2", "B12"), ("pi-3", "C3")):
        device = Device(name, room=room, begin=HOUR - 4 * LENGTH)
        for number in range(3 * 3600 // LENGTH):
            record = device.next(round(chance.random() * 20, 1), paused=number % 50 == 0)
            if chance.random() < 0.3:  # most are missing
                records.append(record)
    return records


def test_sums_are_those_of_the_records_in_any_order(database: Database) -> None:
    """Late records correct the sums, repeats do not."""
    store, records, chance = Store(database, 10), recorded(), random.Random(1)
    chance.shuffle(records)
    while records:
        batch, records = records[:200], records[200:]
        store.write(of(*batch, *chance.sample(batch, 20)), {})
        store.write(of(*chance.sample(batch, 20)), {})
    assert sums_kept(database) == sums_of_all(database)
    assert len(sums_kept(database)) >= 2 * 4


def test_a_refused_batch_leaves_no_sums(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE refused"))
    device = Device("pi-1")
    with pytest.raises(Exception, match="cannot be used"):
        Store(database, 10).write(of(device.next(8.0)), {"not JSON": 1})
    assert sums_kept(database) == []


WRITTEN_NOW = (("intervals", "practice", "BOOLEAN"), ("series", "made_by", "INTEGER"))
"""Columns that this release writes, and that the earlier one did not have."""


def test_a_database_of_an_earlier_release_gets_its_sums(settings: HubSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps; an end in between costs nothing, and what comes afterwards is added."""
    monkeypatch.setattr(sums, "_STEP", 100)
    database, records = Database(settings), recorded()
    with database.begin() as connection:
        if settings.store.url:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        command.upgrade(_alembic(connection), "0002")
        for table, column, kind in WRITTEN_NOW:
            connection.execute(text(f"ALTER TABLE {table} ADD {column} {kind}"))
    with monkeypatch.context() as earlier:
        earlier.setattr(sums, "add", lambda *_: None)
        Store(database, 10).write(of(*records[1:]), {})
    with database.begin() as connection:
        for table, column, _kind in WRITTEN_NOW:
            connection.execute(text(f"ALTER TABLE {table} DROP {column}"))
        command.upgrade(_alembic(connection), "head")
    for _ in range(3):
        assert sums._step(database.begin)
    assert 0 < len(sums_kept(database)) < len(sums_of_all(database))
    again = Database(settings)
    again.upgrade()
    assert not sums._step(again.begin)
    again.engine.dispose()
    Store(database, 10).write(of(records[0]), {})
    assert sums_kept(database) == sums_of_all(database)
    database.engine.dispose()


def test_hours_and_minutes_say_the_same(database: Database) -> None:
    store, history, records = Store(database, 10), History(database), recorded()
    store.write(of(*records), {})
    begin, end = HOUR - 3600, HOUR + 4 * 3600
    minutes = history.averages(ROOM, begin, end, "minute")
    found = history.averages(ROOM, begin, end, "hour")
    assert [each["start"] for each in found] == [iso(HOUR + n * 3600) for n in range(-1, 3)]
    for name in ("seconds", "seconds_told"):
        assert sum(each[name] for each in found) == sum(each[name] for each in minutes)
    assert sum(each["seconds"] for each in found) == LENGTH * sum(each["room"] == "B12" for each in records)
    assert {name for each in found for name in each["seconds_withheld"]} == {"paused", "below_min_group"}
    told = [each for each in minutes if each["start"].startswith(iso(HOUR)[:13]) and each["seconds_told"]]
    weighted = sum(each["faces"]["mean"] * each["seconds_told"] for each in told)
    mean = weighted / sum(each["seconds_told"] for each in told)
    assert found[1]["faces"]["mean"] == pytest.approx(mean, abs=0.02)


def test_averages_are_of_whole_hours_and_a_record_is_of_the_time_in_which_it_ended(database: Database) -> None:
    device = Device("pi-1", begin=HOUR)
    first, second = device.next(8.0), device.next(8.0) | {"end": iso(HOUR + 3600)}
    third = device.next(8.0) | {"start": iso(HOUR + 3590), "end": iso(HOUR + 3620)}
    Store(database, 10).write(of(first, second, third), {})
    history = History(database)
    within = history.averages(ROOM, HOUR + 100, HOUR + 200, "hour")
    assert [(each["start"], each["seconds"]) for each in within] == [(iso(HOUR), 3600)]
    found = history.averages(ROOM, HOUR, HOUR + 3601, "hour")
    assert [(each["start"], each["seconds"]) for each in found] == [(iso(HOUR), 3600), (iso(HOUR + 3600), 30)]
    minutes = history.averages(ROOM, HOUR, HOUR + 3601, "minute")
    starts = [HOUR, HOUR + 3540, HOUR + 3600]
    assert [each["start"] for each in minutes] == [iso(start) for start in starts]


def test_sums_are_deleted_with_the_records(database: Database) -> None:
    store, history = Store(database, 10), History(database)
    store.write(of(*recorded()), {})
    now = HOUR + 3 * 3600
    while store.prune(2 * 3600 - 100, now):
        pass
    found = history.averages(ROOM, HOUR - 3600, now, "hour")
    assert [each["start"] for each in found] == [iso(HOUR + 3600), iso(HOUR + 7200)]


def test_practice_is_stored_and_in_no_average(database: Database) -> None:
    """Also in an hour in which there was nothing else, and where the sums are computed afterwards."""
    store, history, device = Store(database, 10), History(database), Device("pi-1", begin=HOUR)
    lesson = [device.next(8.0), device.next(8.0)]
    tried = [
        device.next(1.0) | {"practice": True, "privacy": lesson[0]["privacy"] | {"min_group": 1}} for _ in range(3)
    ]
    store.write(of(*lesson, *tried), {})
    assert [each["practice"] for each in history.records(ROOM, 0, 2**33, 10)[0]] == [False, False, True, True, True]
    assert list(history.every_record(ROOM, 0, 2**33, practice=False)) == lesson
    assert history.gaps(ROOM, HOUR, HOUR + 3600, 10) == []
    with database.begin() as connection:
        connection.execute(text("DELETE FROM hours"))
        connection.execute(text("INSERT INTO unsummed (series_id, after) SELECT id, 0 FROM series"))
    for _kept, _computed in ((True, False), (False, True)):
        (minute,) = history.averages(ROOM, HOUR, HOUR + 3600, "minute")
        assert (minute["faces"], minute["seconds"]) == ({"mean": 8.0, "max": 8}, 2 * LENGTH)
        sums.sum_up(database.begin, "here")
        assert sums_kept(database) == sums_of_all(database)
        assert [each["faces"]["mean"] for each in history.averages(ROOM, HOUR, HOUR + 3600, "hour")] == [8.0]
