"""What the database keeps, what it refuses, and what is said where it cannot be used."""

import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from edge.contract.reading import Place
from edge.errors import EdgeError
from edge.hub.errors import (
    DatabaseDamaged,
    DatabaseFull,
    DatabaseInUse,
    DatabaseLocked,
    DatabaseNewer,
    DatabaseOfOthers,
)
from edge.hub.settings import HubSettings
from edge.hub.store import history as history_module
from edge.hub.store import writer
from edge.hub.store.database import Database
from edge.hub.store.history import History, Mark, Room
from edge.hub.store.tables import SCHEMA, metadata
from edge.hub.store.writer import HEALTH_SECONDS, Store
from edge.system.clock import iso
from tests.hub.running import health_of
from tests.hub.stored import by_key, of
from tests.views.published import LENGTH, Device

ROOM = Room("north", "B12")
HOUR = 1_700_000_000 // 3600 * 3600


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database, max_devices=3)


@pytest.fixture
def history(database: Database) -> History:
    return History(database)


def all_of(history: History, room: Room | None = None) -> list[dict[str, Any]]:
    return list(history.every_record(room, 0, 2**33))


def test_a_record_is_kept_once_and_as_it_was_published(store: Store, history: History) -> None:
    device = Device("pi-1")
    records = [device.next() for _ in range(20)]
    observed = dict.fromkeys(records[0]["observations"], 20)
    records[0] = records[0] | {"observations": observed}
    assert len(store.write(of(*records), {}).new) == 20
    assert store.write(of(*records, records[0] | {"replayed": True}), {}).new == []
    assert all_of(history) == records


def test_devices_of_two_sites_may_have_one_name(store: Store, history: History) -> None:
    """Who may write at one site cannot take the place of another's record."""
    north, south = Device("pi-1"), Device("pi-1", site="south")
    south.boot = north.boot
    store.write(of(south.next(), north.next()), {})
    assert len(all_of(history)) == 2


def test_names_are_data(store: Store, history: History) -> None:
    names = [
        "<script>alert(1)</script>",
        "\x1b[31mred\x1b[0m",
        "=cmd|' /C calc'!A0",
        "'; DROP TABLE intervals; --",
        "Ä ✓ 😀",
    ]
    for number, name in enumerate(names):
        device = Device("pi-1", room=name)
        device.boot = f"0000000{number}"
        store.write(of(device.next()), {})
    assert {room["room"] for room in history.rooms()} == set(names)
    assert all(all_of(history, Room("north", name)) for name in names)


def test_more_devices_than_allowed_are_refused_and_the_others_go_on(store: Store, history: History) -> None:
    devices = [Device(f"pi-{number}") for number in range(6)]
    written = store.write(of(*(device.next() for device in devices)), {})
    assert (len(written.new), written.refused) == (3, {"too many devices": 3})
    assert len(store.write(of(devices[0].next()), {}).new) == 1
    assert len(all_of(history)) == 4


def test_a_device_cannot_fill_the_database_with_starts_or_rooms(
    database: Database, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And takes nothing from other devices, also after a restart of the hub."""
    bounds = {table: (column, 3, reason) for table, (column, _most, reason) in writer._BOUNDS.items()}
    monkeypatch.setattr(writer, "_BOUNDS", bounds)
    restless, wanderer, calm = Device("pi-1"), Device("pi-2"), Device("pi-3", room="A1")
    for number in range(6):
        store = Store(database, 10)
        restless.boot = f"0000000{number}"
        store.write(of(restless.next()), {})
        written = store.write(of(wanderer.next() | {"room": f"R{number}"}, calm.next()), {})
    assert written.refused == {"too many rooms or models of a device": 1}
    assert store.write(of(restless.next(), calm.next()), {}).refused == {"too many starts of a device": 1}
    found = Counter(each["device"] for each in all_of(history))
    assert found == {"pi-1": 3, "pi-2": 3, "pi-3": 7}


def test_an_export_of_all_rooms_is_in_the_order_of_time(
    store: Store, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each room has several pages."""
    monkeypatch.setattr(history_module, "_AT_ONCE", 1)
    begin = int(time.time()) - 6000
    devices = [Device(f"pi-{number}", room=f"R{number}", begin=begin + number) for number in range(3)]
    published = [device.next() for _ in range(35) for device in devices]
    store.write(of(*reversed(published)), {})
    found = all_of(history)
    assert [each["end"] for each in found] == sorted(each["end"] for each in published)
    assert by_key(found) == by_key(published)
    assert [each["seq"] for each in all_of(history, Room("north", "R1"))] == list(range(35))


@pytest.mark.parametrize(
    "changes",
    [
        {"faces": {"mean": 2.0, "max": 2}, "suppressed": "below_min_group"},
        {"emotions_error": 1.0, "suppressed": "paused"},
        {"start": "1999-01-01T00:00:00Z"},
        {"end": "2200-01-01T00:00:00Z"},
        {"room": "a\x00b"},
    ],
)
def test_a_record_that_contradicts_itself_is_refused_alone(
    store: Store, history: History, changes: dict[str, Any]
) -> None:
    device = Device("pi-1")
    good, bad = device.next(8.0), device.next(2.0) | changes
    written = store.write(of(bad, good), {})
    assert written.refused == {"contradicts itself": 1}
    assert all_of(history) == [good]


@pytest.mark.parametrize(
    "change",
    [
        "people = -1",
        "happy = 10001",
        "most = 1001",
        "seq = -1",
        "ended = 1",
        "seconds = 0",
        "frames_analysed = -1",
        "suppressed = 'paused'",
        "people = NULL",
    ],
)
def test_ranges_are_constraints_of_the_database(database: Database, store: Store, change: str) -> None:
    """Also where another program writes them, or a fault in the hub."""
    store.write(of(Device("pi-1").next(8.0)), {})
    with pytest.raises(DBAPIError, match=r"CHECK|check"), database.engine.begin() as connection:
        connection.execute(text(f"UPDATE intervals SET {change}"))


def test_the_migrations_make_the_tables(database: Database) -> None:
    of_postgresql = {"intervals_by_time"}
    options = {"include_object": lambda _object, name, *_: name not in of_postgresql}
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_averages_are_weighted_by_length_and_withheld_time_lowers_none(store: Store, history: History) -> None:
    device = Device("pi-1", begin=HOUR)
    first = device.next(8.0, happy=2.0)
    long = device.next(20.0, happy=5.0)
    device.time += 2 * LENGTH
    withheld = device.next(1.0)
    store.write(of(first, long | {"end": iso(HOUR + 4 * LENGTH)}, withheld), {})
    ((average),) = history.averages(ROOM, HOUR, HOUR + 3600, "hour")
    assert average["start"] == iso(HOUR)
    assert (average["seconds"], average["seconds_told"]) == (5 * LENGTH, 4 * LENGTH)
    assert average["seconds_withheld"] == {"below_min_group": LENGTH}
    assert average["faces"] == {"mean": (8.0 + 3 * 20.0) / 4, "max": 20}
    assert average["emotions"]["happy"] == round((2.0 + 3 * 5.0) / 4, 2)
    assert [each["seconds"] for each in history.averages(ROOM, HOUR, HOUR + 3600, "minute")] == [5 * LENGTH]


def test_gaps_are_numbers_that_are_missing_or_a_device_that_was_off(store: Store, history: History) -> None:
    device = Device("pi-1", begin=HOUR)
    first = [device.next(8.0) for _ in range(10)]
    device.boot, device.seq, device.time = "0badcafe", 0, HOUR + 600
    second = [device.next(8.0) for _ in range(5)]
    store.write(of(*reversed(first[:3] + first[5:]), *second), {})
    lost, off = history.gaps(ROOM, HOUR, HOUR + 3600, 10)
    assert (lost["from"], lost["to"], lost["missing"]) == (first[2]["end"], first[5]["start"], 2)
    assert (off["from"], off["to"], off["missing"]) == (first[-1]["end"], second[0]["start"], None)
    store.write(of(*first), {})
    assert history.gaps(ROOM, HOUR, HOUR + 3600, 10) == [off]


def test_a_device_that_moved_has_no_gap(store: Store, history: History) -> None:
    device = Device("pi-1", begin=HOUR)
    records = [device.next(8.0) | {"room": room} for room in ("B12", "C3", "C3", "B12")]
    store.write(of(*records), {})
    assert history.gaps(ROOM, HOUR, HOUR + 3600, 10) == []


def test_health_is_kept_where_it_says_something_new(store: Store, history: History) -> None:
    place = Place("north", "pi-1")
    said = [(0, {}), (60, {}), (120, {"dropped": 1}), (180, {"dropped": 1}), (120 + HEALTH_SECONDS, {"dropped": 1})]
    for seconds, changes in said:
        store.write([(place, health_of("pi-1", time=iso(HOUR + seconds), **changes))], {})
    kept = history.health("north", "pi-1", 0, 2**33, 100)
    assert [row["time"] for row in kept] == [iso(HOUR + seconds) for seconds in (0, 120, 120 + HEALTH_SECONDS)]


def test_of_two_states_of_health_in_one_second_the_later_one_holds(store: Store, history: History) -> None:
    """As when a publisher begins before it has heard from the process that sees."""
    place = Place("north", "pi-1")
    for observer in ("silent", "running", "running"):
        store.write([(place, health_of("pi-1", time=iso(HOUR), observer=observer))], {})
    assert [row["observer"] for row in history.health("north", "pi-1", 0, 2**33, 10)] == ["running"]


def test_health_says_why_people_could_not_be_seen(store: Store, history: History) -> None:
    for seconds, picture in ((0, "good"), (60, "upside_down")):
        store.write([(Place("north", "pi-1"), health_of("pi-1", time=iso(HOUR + seconds), picture=picture))], {})
    assert [row["picture"] for row in history.health("north", "pi-1", 0, 2**33, 10)] == ["good", "upside_down"]


def test_health_that_no_device_sends_stops_nothing(store: Store, history: History) -> None:
    place = Place("north", "pi-1")
    huge = health_of("pi-1", time=iso(HOUR), backlog=10**30, dropped=10**30, refused_at_door=10**30)
    early = health_of("pi-1", time="0001-01-01T00:00:00Z")
    written = store.write([(place, early), (place, huge), *of(Device("pi-1").next(8.0))], {})
    assert (len(written.new), written.refused) == (2, {"contradicts itself": 1})
    (kept,) = history.health("north", "pi-1", 0, 2**33, 10)
    assert kept["backlog"] == 2**53
    names = Place("s" * 65, "pi-1")
    assert store.write([(names, health_of("pi-1"))], {}).refused == {"contradicts itself": 1}
    assert len(store.write(of(Device("pi-2").next(8.0)), {}).new) == 1


def test_a_page_that_never_was_is_empty(history: History) -> None:
    assert history.records(ROOM, 0, 2**40, 10, Mark(10**12 - 1, 10**9 - 1, 10**16 - 1)) == ([], None)


def test_what_is_old_is_deleted(store: Store, history: History) -> None:
    device = Device("pi-1", begin=HOUR)
    records = [device.next(8.0) for _ in range(10)]
    store.write([*of(*records), (Place("north", "pi-1"), health_of("pi-1", time=iso(HOUR)))], {})
    now = HOUR + 10 * LENGTH
    assert store.prune(5 * LENGTH, now) == 5  # health, and the four that ended before
    assert store.prune(5 * LENGTH, now) == 0
    assert store.prune(10 * LENGTH, now + 10**8) == 0, "a clock that is ahead"
    assert all_of(history) == records[4:]


def test_a_second_hub_is_refused(settings: HubSettings, database: Database) -> None:
    other = Database(settings)
    with database.lock(), pytest.raises(DatabaseInUse, match="another hub"), other.lock():
        pass
    with other.lock():
        pass
    other.engine.dispose()


def test_a_database_of_a_newer_release_is_refused(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (database.upgrade, database.check):
        with pytest.raises(DatabaseNewer, match="9999"):
            use()


def test_a_database_of_others_is_refused(settings: HubSettings) -> None:
    database = Database(settings)
    with database.engine.begin() as connection:
        if settings.store.url:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        connection.execute(text("CREATE TABLE records (seq integer)"))
    with pytest.raises(DatabaseOfOthers, match="records"):
        database.upgrade()
    database.engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    database = Database(HubSettings.model_validate({"store": {"directory": str(tmp_path)}}))
    database.upgrade()
    return database


def test_a_locked_database_is_named_and_nothing_is_lost(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.hub.store.database._BUSY_SECONDS", 0.1)
    sqlite = Database(HubSettings.model_validate({"store": {"directory": str(Path(sqlite.place).parent)}}))
    store, records = Store(sqlite, 3), of(Device("pi-1").next(8.0))
    other = sqlite3.connect(sqlite.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLocked, match="is locked: "):
        store.write(records, {})
    other.close()
    assert len(store.write(records, {}).new) == 1


def test_who_reads_before_writing_is_not_overtaken(sqlite: Database) -> None:
    """As a pause or a new password does while the history is written; SQLite would refuse the later write at once."""
    other = sqlite3.connect(sqlite.place, isolation_level=None, timeout=0)
    with sqlite.begin() as connection:
        before = connection.scalar(text("SELECT count(*) FROM refused"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO refused VALUES ('2026-09-01', 'other', 1)")
        connection.execute(text("INSERT INTO refused VALUES ('2026-09-01', 'own', 1)"))
    other.execute("INSERT INTO refused VALUES ('2026-09-01', 'other', 1)")
    other.close()
    with sqlite.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM refused")) == before + 2


def test_a_full_disk_is_named_and_nothing_is_lost(sqlite: Database) -> None:
    """SQLite's own limit of pages gives the very error of a full disk."""
    store, device, records = Store(sqlite, 3), Device("pi-1"), []

    def limit(pages: int) -> None:
        with sqlite.engine.connect() as connection:  # the pool hands out this one again
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    limit(1)
    with pytest.raises(DatabaseFull, match="disk is full"):
        for _ in range(100):
            records.append(of(*(device.next() for _ in range(50))))
            store.write(records[-1], {})
    limit(1_000_000)
    for batch in records:
        store.write(batch, {})
    assert len(all_of(History(sqlite))) == 50 * len(records)


@pytest.mark.parametrize("content", [b"no database " * 1000, b"SQLite format 3\x00" + bytes(4000)])
def test_a_damaged_database_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.sqlite").write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="restore a backup"):
        Database(HubSettings.model_validate({"store": {"directory": str(tmp_path)}})).upgrade()


def test_a_database_that_cannot_be_reached_is_named() -> None:
    pytest.importorskip("psycopg")
    settings = HubSettings.model_validate({"store": {"url": "postgresql://nobody@localhost:1/school"}})
    with pytest.raises(EdgeError, match="cannot be used"):
        Database(settings).upgrade()
