"""What may happen to a history while devices publish: in the end every record is there once, and so are the sums.

`EMOTION_EDGE_FAULTS=1` takes as many records as a day has. Kills are in test_kill.py.
"""

import functools
import logging
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from edge.hub.broker.ingest import Ingest
from edge.hub.errors import DatabaseLocked
from edge.hub.settings import HubSettings, load
from edge.hub.store import database as database_module
from edge.hub.store.database import Database
from edge.hub.store.history import History, Room
from edge.hub.store.writer import Store
from tests.conftest import SECONDS, Mosquitto, until
from tests.faults.disk import damage, fill, make_room, mounted
from tests.hub.running import Hub, run_hub, write_hub_config
from tests.hub.stored import assert_once, of
from tests.views.postgres import Postgres
from tests.views.published import BASE, LENGTH, Device, Sender

LONG = "EMOTION_EDGE_FAULTS" in os.environ
DAY = 86_400 // LENGTH
HOUR = 1_700_000_000 // 3600 * 3600


class Running:
    """An ingestion in this process."""

    def __init__(self, config: Path) -> None:
        settings = load(config)
        self.database = Database(settings)
        self.database.upgrade()
        self.failed = threading.Event()
        self.ingest = Ingest(settings, Store(self.database, 10), lambda _new: None, self.failed.set)

    def stored(self) -> int:
        return sum(1 for _ in History(self.database).every_record(None, 0, 2**33))


@contextmanager
def ingesting(config: Path) -> Iterator[Running]:
    running = Running(config)
    running.ingest.start()
    try:
        until(lambda: running.ingest.state.connected)
        yield running
    finally:
        running.ingest.close()
        running.database.engine.dispose()
    assert not running.failed.is_set()


def publish(sender: Sender, device: Device, count: int) -> list[dict[str, Any]]:
    """Publish so many records; return them once the broker has them."""
    records = [device.next() for _ in range(count)]
    handed = [sender.hand_over(f"{device.root}/counts", record) for record in records]
    for each in handed:
        each.wait_for_publish(SECONDS)
    return records


def locked_by_sqlite(config: Path) -> Callable[[], object]:
    """Lock the database; return what ends that."""
    other = sqlite3.connect(load(config).directory / database_module.FILE, isolation_level=None, timeout=SECONDS)
    other.execute("BEGIN IMMEDIATE")
    return other.close


def locked_by_postgresql(config: Path) -> Callable[[], object]:
    database = Database(load(config))
    other = database.engine.connect()
    other.execute(text("LOCK TABLE intervals IN ACCESS EXCLUSIVE MODE"))

    def unlock() -> None:
        other.close()
        database.engine.dispose()

    return unlock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a hub wait for a locked database for a second only."""
    monkeypatch.setattr(database_module, "_BUSY_SECONDS", 1)


@pytest.mark.usefixtures("impatient")
def test_a_database_that_another_program_locks(
    url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """Each time that it begins stands in the log."""
    config = write_hub_config(tmp_path, queueing.port, url)
    device = Device("pi-1")
    with ingesting(config) as running:
        published = publish(sender, device, 30)
        until(lambda: running.stored() == 30)
        for _ in range(2):
            unlock = (locked_by_postgresql if url else locked_by_sqlite)(config)
            published += publish(sender, device, 30)
            until(lambda: "is locked: " in running.ingest.state.problem)
            unlock()
            until(functools.partial(all_stored, running, published))
            until(lambda: not running.ingest.state.problem)
        assert_once(running.database, published)
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len([each for each in warnings if "is locked: " in each]) == 2


@pytest.fixture
def small_disk(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of 8 MB on which the history will be."""
    if not url:
        with mounted(tmp_path / "hub", "8m") as disk:
            yield disk
        return
    server: Postgres = request.getfixturevalue("postgres")
    home = Path(server.environment["PGHOST"])
    with mounted(home / "small", "8m") as disk:
        shutil.chown(disk, home.owner())
        server.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.sql("ALTER ROLE owner SET default_tablespace = small")
        try:
            yield disk
        finally:
            server.sql("ALTER ROLE owner RESET default_tablespace")
            server.sql("DROP SCHEMA emotion_edge CASCADE")
            server.sql("DROP TABLESPACE small")


def test_a_disk_that_is_full(url: str, tmp_path: Path, small_disk: Path, queueing: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    with ingesting(write_hub_config(tmp_path, queueing.port, url)) as running:
        published = publish(sender, device, 30)
        until(lambda: running.stored() == 30)
        fill(small_disk)
        while not running.ingest.state.problem:  # what the files still have room for
            published += publish(sender, device, 50)
        assert "disk is full" in running.ingest.state.problem
        published += publish(sender, device, 30)
        make_room(small_disk)
        until(lambda: all_stored(running, published))
        assert_once(running.database, published)


def test_a_damaged_database_ends_the_hub_and_a_backup_helps(
    tmp_path: Path, queueing: Mosquitto, sender: Sender
) -> None:
    """What came since the damage waits at the broker."""
    config = write_hub_config(tmp_path, queueing.port)
    device = Device("pi-1")
    copy = tmp_path / "backup.sqlite"
    with Hub(config) as hub:
        published = publish(sender, device, 30)
        until(lambda: len(hub.records()) == 30)
        assert run_hub("backup", "--config", config, copy).returncode == 0
        damage(tmp_path / "hub" / database_module.FILE)
        published += publish(sender, device, 30)
        assert hub.process.wait(SECONDS) == 78
        assert "restore a backup: emotion-edge hub restore" in hub.log.read_text()
        again = run_hub("serve", "--config", config)
        assert (again.returncode, "restore a backup" in again.stderr) == (78, True), again.stderr
        restored = run_hub("restore", "--config", config, copy)
        assert restored.returncode == 0, restored.stderr
        hub.start()
        until(lambda: len(hub.records()) == 60)
        hub.stop()
    database = Database(load(config))
    assert_once(database, published)
    database.engine.dispose()


def test_a_connection_that_the_server_ends(
    tmp_path: Path, postgres: Postgres, queueing: Mosquitto, sender: Sender
) -> None:
    """As PostgreSQL's restart does."""
    postgres.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE")
    url = f"postgresql://owner@/postgres?host={postgres.environment['PGHOST']}"
    device = Device("pi-1")
    published: list[dict[str, Any]] = []
    with ingesting(write_hub_config(tmp_path, queueing.port, url)) as running:
        for _ in range(20 if LONG else 4):
            published += publish(sender, device, 20)
            postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            until(functools.partial(all_stored, running, published))
        assert_once(running.database, published)


def all_stored(running: Running, published: list[dict[str, Any]]) -> bool:
    return running.stored() == len(published)


def test_a_day_without_the_broker(url: str, tmp_path: Path, queueing: Mosquitto) -> None:
    """The devices kept everything, and send it at once, late; some of it twice."""
    devices = [Device(f"pi-{number}", begin=HOUR) for number in range(5 if LONG else 2)]
    records = [[device.next() for _ in range(DAY if LONG else 400)] for device in devices]
    with ingesting(write_hub_config(tmp_path, queueing.port, url)) as running:
        queueing.stop()
        until(lambda: not running.ingest.state.connected)
        queueing.start()
        until(lambda: running.ingest.state.connected)
        again = Sender(queueing.port)
        handed = [
            again.hand_over(f"{device.root}/counts/backfill", record | {"replayed": True})
            for device, own in zip(devices, records, strict=True)
            for record in [*own, *own[-20:]]
        ]
        for each in handed:
            each.wait_for_publish(SECONDS)
        everything = [record for own in records for record in own]
        until(lambda: running.ingest.state.stored >= len(everything), 20 * SECONDS)
        again.close()
        assert_once(running.database, everything)


def test_clocks_that_step(database: Database) -> None:
    """A device whose clock goes back, forth, and a year ahead: numbers tell its records apart, not times."""
    store, device = Store(database, 10), Device("pi-1", begin=HOUR)
    published: list[dict[str, Any]] = []
    for step in (0, -3600, 7200, -60, 365 * 86_400, -365 * 86_400):
        device.time += step
        published += [device.next() for _ in range(50)]
    random.Random(1).shuffle(published)
    for begin in range(0, len(published), 70):
        store.write(of(*published[begin : begin + 70]), {})
    assert_once(database, published)
    averages = History(database).averages(Room("north", "B12"), 0, 2**33, "hour")
    assert sum(each["seconds"] for each in averages) == LENGTH * len(published)
    assert store.prune(30 * 86_400, HOUR + 7200) == 0, "a device's clock that is ahead makes nothing old"


def test_two_hubs_that_write_at_once(settings: HubSettings, database: Database) -> None:
    """As after a restart of PostgreSQL, which ends the lock of the first."""
    records = [device.next() for device in (Device("pi-1"), Device("pi-2")) for _ in range(200)]

    def write(seed: int) -> None:
        own = random.Random(seed).sample(records, len(records))
        other = Database(settings)
        store = Store(other, 10)
        for begin in range(0, len(own), 20):
            written = until(functools.partial(retried, store, own[begin : begin + 20]))
            assert not written.refused
        other.engine.dispose()

    def retried(store: Store, part: list[dict[str, Any]]) -> Any:
        try:
            return store.write(of(*part), {})
        except DatabaseLocked:
            return None

    with ThreadPoolExecutor() as threads:
        list(threads.map(write, (1, 2)))
    assert_once(database, records)


def test_a_second_hub_names_the_problem_and_the_first_goes_on(
    tmp_path: Path, queueing: Mosquitto, sender: Sender
) -> None:
    device = Device("pi-1")
    with Hub(write_hub_config(tmp_path, queueing.port)) as hub:
        refused = run_hub("serve", "--config", hub.config)
        assert (refused.returncode, "another hub uses this database" in refused.stderr) == (69, True)
        publish(sender, device, 5)
        until(lambda: len(hub.records()) == 5)


def test_a_million_names_fill_nothing(tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    """Strangers who invent a device for each message: counted by reason, and the known devices go on."""
    count = 100_000 if LONG else 500
    device = Device("pi-1")
    record = device.next(8.0)
    with ingesting(write_hub_config(tmp_path, queueing.port)) as running:
        for number in range(9):
            publish(sender, Device(f"known-{number}"), 1)
        sender.say(f"{device.root}/counts", record)
        until(lambda: running.stored() == 10)
        for begin in range(0, count, 500):  # paho has numbers for 65,535 at a time
            for each in [
                sender.hand_over(f"{BASE}/north/x{number}/counts", record | {"device": f"x{number}"})
                for number in range(begin, begin + 500)
            ]:
                each.wait_for_publish(SECONDS)
        publish(sender, device, 5)
        until(lambda: running.stored() == 15, 20 * SECONDS)
        assert running.ingest.state.refused == {"too many devices": count}
        assert len(running.ingest._store._ids) < 100
