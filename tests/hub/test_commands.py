"""`emotion-edge hub …` as a person uses it."""

import contextlib
import csv
import json
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.settings import load
from edge.hub.store.database import Database
from edge.hub.store.dictionary import DICTIONARY
from edge.hub.store.writer import Store
from edge.watch.export import COLUMNS
from tests.conftest import free_port
from tests.hub.running import run_hub, write_hub_config
from tests.views.published import Device


@pytest.fixture
def config(url: str, tmp_path: Path) -> Path:
    return write_hub_config(tmp_path, free_port(), url)


def filled(config: Path, room: str = "B12") -> list[dict[str, object]]:
    """Store records of a room; return them."""
    database = Database(load(config))
    database.upgrade()
    device = Device("pi-1", room=room)
    records = [device.next() for _ in range(20)]
    place = Place("north", "pi-1")
    Store(database, 10).write([(place, PublishedRecord.model_validate(record)) for record in records], {})
    database.engine.dispose()
    return records


def test_an_export_is_what_was_published(config: Path, tmp_path: Path) -> None:
    published = filled(config, room="=1+1")
    target = tmp_path / "out.jsonl"
    times = ("--from", "2020-01-01", "--to", "2100-01-01")
    done = run_hub("export", "--config", config, *times, "--format", "jsonl", target)
    assert (done.returncode, done.stderr) == (0, "20 records\n")
    assert [json.loads(line) for line in target.read_text().splitlines()] == published
    done = run_hub("export", "--config", config, *times, "--site", "north", "--room", "=1+1", "-")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["seq"] for row in rows] == [str(record["seq"]) for record in published]
    assert {row["room"] for row in rows} == {"'=1+1"}, "a spreadsheet computes nothing"
    again = run_hub("export", "--config", config, *times, target)
    assert again.returncode == 69
    assert "is there already; name a new file" in again.stderr


def test_an_export_has_practice_only_where_that_is_asked_for(tmp_path: Path) -> None:
    config = write_hub_config(tmp_path, free_port())
    filled(config)
    database = Database(load(config))
    tried = Device("pi-2").next(1.0) | {"practice": True}
    Store(database, 10).write([(Place("north", "pi-2"), PublishedRecord.model_validate(tried))], {})
    database.engine.dispose()
    exports = [
        run_hub("export", "--config", config, "--from", "2020-01-01", *more, "-") for more in ((), ("--practice",))
    ]
    marks = [[row["practice"] for row in csv.DictReader(done.stdout.splitlines())] for done in exports]
    assert [each.count("true") for each in marks] == [0, 1]
    assert [each.count("false") for each in marks] == [20, 20]


def test_a_parquet_file_holds_typed_columns_that_explain_themselves(config: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    published = filled(config, room="=1+1")
    target = tmp_path / "out.parquet"
    done = run_hub("export", "--config", config, "--from", "2020-01-01", "--format", "parquet", target)
    assert (done.returncode, done.stderr) == (0, "20 records\n")
    table = parquet.read_table(target)
    rows = table.to_pylist()
    assert table.column_names == list(COLUMNS)
    assert [row["end"] for row in rows] == [datetime.fromisoformat(str(record["end"])) for record in published]
    told = [(row["room"], row["faces_mean"], row["happy"], row["suppressed"], row["replayed"]) for row in rows]
    records = [PublishedRecord.model_validate(record) for record in published]
    assert told == [(each.room, each.faces.mean, each.emotions.happy, each.suppressed, False) for each in records]
    error = {column.name: column.error for column in DICTIONARY}
    assert {field.name: field.metadata[b"error"].decode() for field in table.schema} == error
    refused = run_hub("export", "--config", config, "--from", "2020-01-01", "--format", "parquet", "-")
    assert (refused.returncode, "needs a FILE" in refused.stderr) == (2, True)


def test_the_dictionary_explains_every_column(config: Path, tmp_path: Path) -> None:
    filled(config)
    assert run_hub("export", "--config", config, "--from", "2020-01-01", tmp_path / "out.csv").returncode == 0
    with (tmp_path / "out.csv.dictionary.csv").open(newline="") as file:
        explained = list(csv.DictReader(file))
    assert [row["name"] for row in explained] == list(COLUMNS) == [column.name for column in DICTIONARY]
    assert all(row["meaning"] and row["error"] for row in explained)
    (tmp_path / "out.csv").unlink()
    (tmp_path / "out.csv.dictionary.csv").write_text("mine")
    again = run_hub("export", "--config", config, "--from", "2020-01-01", tmp_path / "out.csv")
    assert (again.returncode, "out.csv.dictionary.csv: is there already" in again.stderr) == (69, True)
    assert (tmp_path / "out.csv.dictionary.csv").read_text() == "mine"


def test_a_backup_is_put_back(tmp_path: Path) -> None:
    config = write_hub_config(tmp_path, free_port())
    filled(config)
    copy = tmp_path / "backup.sqlite"
    database = Database(load(config))
    with database.lock():  # as while the hub runs
        assert run_hub("backup", "--config", config, copy).returncode == 0
        refused = run_hub("restore", "--config", config, copy)
        assert (refused.returncode, "another hub uses this database" in refused.stderr) == (69, True)
    filled(config)
    database.engine.dispose()
    done = run_hub("restore", "--config", config, copy)
    assert done.returncode == 0, done.stderr
    assert "the former history is" in done.stdout
    done = run_hub("export", "--config", config, "--from", "2020-01-01", "-")
    assert done.stderr == "20 records\n", "not those that came after the backup"
    copy.write_bytes(copy.read_bytes()[:5000])
    damaged = run_hub("restore", "--config", config, copy)
    assert (damaged.returncode, "Traceback" in damaged.stderr) == (66, False)


def test_a_backup_of_a_newer_release_changes_nothing(tmp_path: Path) -> None:
    config = write_hub_config(tmp_path, free_port())
    filled(config)
    copy = tmp_path / "backup.sqlite"
    assert run_hub("backup", "--config", config, copy).returncode == 0
    with contextlib.closing(sqlite3.connect(copy)) as newer, newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = run_hub("restore", "--config", config, copy)
    assert (refused.returncode, "newer release (version 9999)" in refused.stderr) == (66, True)
    done = run_hub("export", "--config", config, "--from", "2020-01-01", "-")
    assert done.stderr == "20 records\n"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("address", '"hub.local"', "is not an IPv4 address"),
        ("host_names", '["Hub.local"]', "should match pattern"),
        ("url", '"postgresql://user:secret@host/school"', "PGPASSFILE"),
        ("url", '"mysql://host/school"', "is not an address of PostgreSQL"),
        ("keep_dais", "1", "did you mean keep_days?"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, key: str, value: str, words: str) -> None:
    section = "http" if key in {"address", "host_names"} else "store"
    file = tmp_path / "hub.toml"
    file.write_text(f"[{section}]\n{key} = {value}\n# end of configuration\n")
    done = run_hub("serve", "--config", file)
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)
    assert f"hub.toml:2: {section}.{key}" in done.stderr
    assert words in done.stderr
    assert "secret" not in done.stderr


def test_the_printed_configuration_is_a_configuration(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(run_hub("default-config").stdout)
    assert load(file) == type(load(file))()


def test_a_history_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = write_hub_config(tmp_path, free_port())
    done = run_hub("export", "--config", config, "--from", "2020-01-01", "-")
    assert (done.returncode, "is not there" in done.stderr) == (78, True)
