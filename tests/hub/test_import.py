"""The history of a PostgreSQL with the tables of `deploy/observability` goes into the hub's store, each record once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.contract.records import PrivacyNote, PublishedRecord
from edge.errors import EdgeError
from edge.hub.settings import load
from edge.hub.store import importing
from edge.hub.store.database import Database
from edge.hub.store.history import History, Room
from edge.hub.store.importing import Importer
from edge.hub.store.writer import Store
from tests.conftest import free_port
from tests.hub.running import run_hub, write_hub_config
from tests.hub.stored import by_key, of
from tests.views.postgres import Postgres
from tests.views.published import Device

FORMER = Path(__file__).with_name("former_schema.sql")
COPY = r"COPY emotion_edge.inbox (topic, value) FROM STDIN WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')"


@pytest.fixture
def source(postgres: Postgres) -> Iterator[str]:
    """The address of a database of its own with the tables and 50 records of three devices."""
    postgres.sql("DROP DATABASE IF EXISTS school")
    postgres.sql("CREATE DATABASE school")
    postgres.environment["PGDATABASE"] = "school"
    try:
        postgres.sql(FORMER.read_text())
        lines = [f"emotion-edge/v1/{each['site']}/{each['device']}/counts\x02{json.dumps(each)}\n" for each in RECORDS]
        postgres.sql(COPY, feed="".join(lines))
        yield f"postgresql://owner@/school?host={postgres.environment['PGHOST']}"
    finally:
        postgres.environment["PGDATABASE"] = "postgres"
        postgres.sql("DROP DATABASE school WITH (FORCE)")


def recorded() -> list[dict[str, Any]]:
    devices = [Device("pi-1"), Device("pi-1", site="south"), Device("pi-2", room="Bob's \\ room")]
    records = [device.next(paused=number == 7) for device in devices[:2] for number in range(15)]
    return records + [devices[2].next(8.0) | {"replayed": True} for _ in range(20)]


RECORDS = recorded()
PRIVACY = PrivacyNote.model_validate(RECORDS[0]["privacy"])
OPTIONS = [f"--{name.replace('_', '-')}={value}" for name, value in PRIVACY.model_dump().items()]


def stored(database: Database) -> list[dict[str, Any]]:
    return by_key(list(History(database).every_record(None, 0, 2**33)))


def test_every_record_is_taken_over_once_and_as_it_was_published(url: str, source: str, tmp_path: Path) -> None:
    """Also where the hub had some of them already; a second run changes nothing."""
    config = write_hub_config(tmp_path, free_port(), url)
    database = Database(load(config))
    database.upgrade()
    Store(database, 10).write(of(*RECORDS[:3]), {})
    for new, there in ((47, 3), (0, 50)):
        done = run_hub("import", "--config", config, *OPTIONS, source)
        assert (done.returncode, done.stdout) == (0, f"{new} records imported, {there} were there already\n")
    assert stored(database) == by_key(
        [PublishedRecord.model_validate(each).model_dump(by_alias=True) for each in RECORDS]
    )
    room = Room("north", "Bob's \\ room")
    assert sum(each["seconds"] for each in History(database).averages(room, 0, 2**33, "hour")) == 200
    with database.lock():
        refused = run_hub("import", "--config", config, *OPTIONS, source)
    assert (refused.returncode, "another hub uses this database" in refused.stderr) == (69, True)
    database.engine.dispose()


def test_an_interrupted_import_goes_on(database: Database, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_PAGE", 10)
    importer = Importer(database, 10, source, PRIVACY)
    assert importer.count() == 50

    def stop_after(pages: int) -> Callable[[int], object]:
        seen: list[int] = []

        def on_page(records: int) -> None:
            seen.append(records)
            if len(seen) == pages:
                raise KeyboardInterrupt

        return on_page

    with pytest.raises(KeyboardInterrupt):
        importer.run(stop_after(3))
    again = Importer(database, 10, source, PRIVACY)
    assert again.count() == 20
    assert again.run(int) == (20, 0, {})
    assert len(stored(database)) == 50
    assert again.count() == 50, "what came since is read by another run"


def test_what_no_device_published_is_left_out_and_named(
    url: str, source: str, postgres: Postgres, tmp_path: Path
) -> None:
    """An early table has neither the ranges nor the column of the error."""
    postgres.sql("ALTER TABLE emotion_edge.records DROP CONSTRAINT ranges_of_the_contract, DROP COLUMN emotions_error")
    postgres.sql("UPDATE emotion_edge.records SET people = 'NaN', most = 1 WHERE site = 'south' AND seq = 3")
    config = write_hub_config(tmp_path, free_port(), url)
    done = run_hub("import", "--config", config, *OPTIONS, source)
    assert done.returncode == 66
    assert "left out (1 not of the contract)" in done.stderr
    assert done.stdout == "49 records imported, 0 were there already\n"


def test_a_source_that_is_none_is_named(database: Database, postgres: Postgres) -> None:
    for name, words in (("nowhere", "cannot be read"), ("template1", "has no table emotion_edge.records")):
        source = f"postgresql://owner@/{name}?host={postgres.environment['PGHOST']}"
        with pytest.raises(EdgeError, match=words):
            Importer(database, 10, source, PRIVACY).count()


def test_wrong_words_are_named(tmp_path: Path) -> None:
    config = write_hub_config(tmp_path, free_port())
    for words, problem in (
        ([*OPTIONS, "postgresql://user:secret@host/school"], "PGPASSFILE"),
        ([*OPTIONS, "mysql://host/school"], "is not an address of PostgreSQL"),
        (["--min-group=0", *OPTIONS[1:], "postgresql://host/school"], "--min-group is no value"),
    ):
        done = run_hub("import", "--config", config, *words)
        assert (done.returncode, problem in done.stderr) == (2, True), done.stderr
        assert "secret" not in done.stderr
