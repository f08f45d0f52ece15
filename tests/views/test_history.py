"""deploy/observability/ on a real PostgreSQL, with records that went through a real broker."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.contract.records import EMOTIONS, PublishedRecord
from tests.conftest import SECONDS, Mosquitto, until
from tests.views.grafana import DASHBOARD, FOLDER, panel, query
from tests.views.postgres import Postgres
from tests.views.published import LENGTH, Device, Sender

COPY = r"COPY emotion_edge.inbox (value) FROM STDIN WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')"
"""As Telegraf does, lines of JSON taken as they are."""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.stop()


@pytest.fixture
def store(server: Postgres) -> Postgres:
    """An empty store, with one login that writes and one that reads."""
    server.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE; DROP ROLE IF EXISTS telegraf; DROP ROLE IF EXISTS grafana")
    for _ in range(2):  # it may be run again
        server.sql((FOLDER / "postgresql" / "schema.sql").read_text())
    server.sql("CREATE ROLE telegraf LOGIN IN ROLE emotion_edge_writer")
    server.sql("CREATE ROLE grafana LOGIN IN ROLE emotion_edge_reader")
    return server


def write(store: Postgres, *records: Any) -> None:
    text = "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)
    store.sql(COPY, user="telegraf", feed=text)


def ask(store: Postgres, title: str, device: Device, interval: int = 60) -> list[list[str | None]]:
    device_settings = device.settings.device
    begin, end = device.time - 3600, device.time + 3600
    sql = query(panel(title), begin, end, interval, site=[device_settings.site], room=[device_settings.room])
    return store.sql(sql, user="grafana")


def test_records_from_the_broker_stand_in_the_store_as_they_were_published(
    store: Postgres, broker: Mosquitto, tmp_path: Path
) -> None:
    """By store.sh, over both topics, each once; a quote in a name is a quote."""
    environment = store.environment | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    words = [str(FOLDER / "postgresql" / "store.sh"), "--url", f"mqtt://127.0.0.1:{broker.port}"]
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            words, stdout=out, stderr=out, env=environment | {"PGUSER": "telegraf"}, process_group=0
        )
    sender = Sender(broker.port)
    try:
        until(lambda: "connected to" in log.read_text())
        device = Device("pi-1", room="Bob's \\ room")
        records = [device.next() for _ in range(20)] + [device.next(2.0), device.next(paused=True)]
        for number, record in enumerate(records):
            sender.send(device, record, late=number % 3 == 0)
            sender.send(device, record, late=True)
        until(lambda: store.one("SELECT count(*) FROM emotion_edge.records") == str(len(records)))
    finally:
        os.killpg(process.pid, 15)
        process.wait(SECONDS)
        sender.close()
        print(log.read_text())
    columns = ["seq", "room", "extract(epoch from ended)::bigint", "people", "most", *EMOTIONS, "unsure"]
    columns += ["emotions_error", "suppressed"]
    rows = store.sql(f"SELECT {', '.join(columns)} FROM emotion_edge.records ORDER BY seq", user="grafana")
    for row, record in zip(rows, records, strict=True):
        faces, emotions = record["faces"], record["emotions"]
        end = int(datetime.fromisoformat(record["end"]).timestamp())
        numbers = [faces["mean"], faces["max"], *(emotions[name] for name in EMOTIONS), record["unsure"]]
        numbers.append(record["emotions_error"])
        told = [None if number is None else str(number) for number in numbers]
        assert row == [str(record["seq"]), record["room"], str(end), *told, record["suppressed"]]


def test_a_repeat_changes_nothing(store: Postgres) -> None:
    device = Device("pi-1")
    record = device.next(8.0)
    write(store, record, record | {"replayed": True})
    write(store, record | {"replayed": True})
    assert store.sql("SELECT replayed FROM emotion_edge.records") == [["f"]]
    assert store.one("SELECT count(*) FROM emotion_edge.inbox") == "0"


def test_what_is_no_record_is_counted_and_stops_nothing(store: Postgres) -> None:
    device = Device("pi-1")
    good, withheld = device.next(8.0), device.next(2.0)
    smuggled = withheld | {"faces": {"mean": 2.0, "max": 2}}  # a number in a suppressed record
    wrong = withheld | {"emotions_error": 1.0}
    bad = [
        "{",
        "null",
        "[]",
        '"x"',
        good | {"schema": 2},
        good | {"end": "never"},
        good | {"device": None},
        smuggled,
        wrong,
    ]
    write(store, *bad, good | {"faces": {"mean": 1e9, "max": 1}}, good)
    assert store.one("SELECT count(*) FROM emotion_edge.records") == "1"
    assert store.one("SELECT messages FROM emotion_edge.refused", user="grafana") == str(len(bad) + 1)


def test_a_table_of_an_earlier_release_gets_the_error_and_keeps_its_rows(store: Postgres) -> None:
    """As after an upgrade: schema.sql once more, while some devices still publish without it."""
    store.sql("ALTER TABLE emotion_edge.records DROP COLUMN emotions_error")
    store.sql(
        "INSERT INTO emotion_edge.records (device, boot, seq, site, room, started, ended, clock, mode,"
        " frames_analysed, frames_expected, people, model, replayed) VALUES ('pi-0', '6f1c2a9e', 1, 'north', 'B12',"
        " now() - interval '10 s', now(), 'synced', 'emotions', 20, 20, 8, 'earlier', false)"
    )
    for _ in range(2):
        store.sql((FOLDER / "postgresql" / "schema.sql").read_text())
    device = Device("pi-1")
    known = device.next(8.0, happy=2.0)
    earlier = {name: value for name, value in device.next(8.0, happy=2.0).items() if name != "emotions_error"}
    write(store, known, earlier)
    rows = store.sql("SELECT device, emotions_error FROM emotion_edge.records ORDER BY device, seq", user="grafana")
    assert rows == [["pi-0", None], ["pi-1", str(known["emotions_error"])], ["pi-1", None]]
    constraints = "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'no_error_of_what_is_withheld%'"
    assert store.one(constraints) == "1", "running it again adds none"


def test_the_error_of_a_room_is_averaged_over_the_records_that_tell_it(store: Postgres) -> None:
    device = Device("pi-1", begin=1_700_000_040 // 120 * 120)
    known, unknown = device.next(8.0, happy=2.0), device.next(8.0, happy=2.0) | {"emotions_error": None}
    write(store, known, unknown)
    ((*_, error),) = ask(store, "Shown emotions, people per room", device, 120)
    assert float(error or "nan") == known["emotions_error"]


def test_telegraf_finds_the_columns_that_it_writes(store: Postgres) -> None:
    """By the questions that its PostgreSQL output asks before it copies, as a login that may only insert."""
    columns = store.sql(
        "SELECT column_name, data_type, col_description(format('%I.%I', table_schema, table_name)::regclass::oid,"
        " ordinal_position) FROM information_schema.columns"
        " WHERE table_schema = 'emotion_edge' AND table_name = 'inbox' ORDER BY 1",
        user="telegraf",
    )
    assert columns == [["time", "timestamp without time zone", None], ["topic", "text", "tag"], ["value", "text", None]]
    store.sql("PREPARE types AS SELECT time, topic, value FROM emotion_edge.inbox", user="telegraf")


def test_a_writer_reads_nothing_and_a_reader_writes_nothing(store: Postgres) -> None:
    with pytest.raises(AssertionError, match="permission denied"):
        store.sql("SELECT * FROM emotion_edge.records", user="telegraf")
    with pytest.raises(AssertionError, match="permission denied"):
        store.sql("INSERT INTO emotion_edge.inbox (value) VALUES ('{}')", user="grafana")


def test_every_query_of_the_dashboard_runs(store: Postgres) -> None:
    device = Device("pi-1")
    write(store, *(device.next() for _ in range(30)))
    for each in DASHBOARD["panels"]:
        assert bool(ask(store, each["title"], device)) == (each["title"] != "Gaps"), each["title"]
    sites, rooms = (variable["query"] for variable in DASHBOARD["templating"]["list"])
    assert store.sql(query(sites, device.time - 3600, device.time), user="grafana") == [["north"]]
    assert store.sql(query(rooms, device.time - 3600, device.time, site=["north"]), user="grafana") == [["B12"]]


def test_withheld_intervals_are_holes_and_lower_no_average(store: Postgres) -> None:
    device = Device("pi-1", begin=1_700_000_040 // 120 * 120)
    told = [device.next(8.0, happy=2.0), device.next(12.0, happy=4.0)]
    write(store, *told, *(device.next(1.0) for _ in range(22)))
    people = {row[0]: row[2] for row in ask(store, "People by room", device, 120)}
    assert [float(value) if value else None for value in people.values()] == [10.0, None, None]
    emotions = ask(store, "Shown emotions, people per room", device, 120)
    assert float(emotions[0][1 + EMOTIONS.index("happy")] or "nan") == 3.0
    assert set(emotions[1][1:]) == {None}
    minutes = {row[0]: float(row[1] or 0) for row in ask(store, "Minutes told and withheld", device)}
    assert minutes == {"told": pytest.approx(2 * LENGTH / 60), "below_min_group": pytest.approx(22 * LENGTH / 60)}


def test_longer_intervals_weigh_more(store: Postgres) -> None:
    device = Device("pi-1", begin=1_700_000_000 // 120 * 120)
    short, long = device.next(8.0), device.next(20.0)
    ending = datetime.fromisoformat(long["start"]).timestamp() + 3 * LENGTH
    stretched = datetime.fromtimestamp(ending, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    write(store, short, long | {"end": stretched})
    ((_, _, people),) = ask(store, "People by room", device, 120)
    assert float(people or 0) == (8.0 + 3 * 20.0) / 4


def test_a_lost_record_is_told_by_its_number(store: Postgres) -> None:
    """Two starts of a device, in any order: only a number that is missing within a start is a loss."""
    device = Device("pi-1")
    first = [device.next(8.0) for _ in range(10)]
    device.boot, device.seq = "0badcafe", 0
    second = [device.next(8.0) for _ in range(5)]
    write(store, *reversed(first[:3] + first[5:]), *second)
    assert ask(store, "Lost records", device) == [["2"]]
    ((site, room, name, boot, _, _, missing),) = ask(store, "Gaps", device)
    assert (site, room, name, boot, missing) == ("north", "B12", "pi-1", first[0]["boot"], "2")
    write(store, *first)
    assert ask(store, "Lost records", device) == [["0"]]
    assert ask(store, "Gaps", device) == []


def test_the_newest_record_of_each_device_is_listed(store: Postgres) -> None:
    device = Device("pi-1")
    write(store, device.next(8.0), device.next(9.0), device.next(2.0))
    ((*_, people, error, withheld),) = ask(store, "Devices", device)
    assert (people, error, withheld) == (None, None, "below_min_group")


def test_the_dashboard_keeps_to_its_datasource_and_names_every_emotion() -> None:
    for each in DASHBOARD["panels"]:
        assert each["datasource"]["uid"] == each["targets"][0]["datasource"]["uid"] == "emotion-edge"
    (source,) = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/emotion-edge.yaml").read_text())[
        "datasources"
    ]
    assert (source["uid"], source["type"]) == ("emotion-edge", DASHBOARD["panels"][0]["datasource"]["type"])
    assert len({each["id"] for each in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(f"sum({name} * seconds)" in panel("Shown emotions, people per room") for name in EMOTIONS)


@pytest.mark.parametrize("name", ["postgresql.conf", "influxdb.conf"])
def test_telegraf_reads_both_topics_and_is_never_ahead_of_its_store(name: str) -> None:
    settings = tomllib.loads((FOLDER / "telegraf" / name).read_text())
    (consumer,) = settings["inputs"]["mqtt_consumer"]
    assert consumer["topics"] == ["emotion-edge/v1/+/+/counts", "emotion-edge/v1/+/+/counts/backfill"]
    tag = "topic" if name == "postgresql.conf" else ""
    assert (consumer["qos"], consumer["persistent_session"], consumer["topic_tag"]) == (1, True, tag)
    assert consumer["client_id"]


def test_telegraf_takes_every_value_that_a_record_has() -> None:
    settings = tomllib.loads((FOLDER / "telegraf" / "influxdb.conf").read_text())
    (parser,) = settings["inputs"]["mqtt_consumer"][0]["json_v2"]
    device = Device("pi-1")
    told, withheld = device.next(8.0, happy=3.0), device.next(2.0)
    for part in (*parser["tag"], *parser["field"]):
        value, null = (_at(record, part["path"]) for record in (told, withheld))
        assert value is not None or part["path"] in {"suppressed", "other"}
        assert part.get("optional", False) == (null is None or part["path"] == "suppressed" or value is None)
    assert {tag["path"] for tag in parser["tag"]} >= {"device", "boot"}
    assert parser["timestamp_path"] == "end"
    assert {f"emotions.{name}" for name in EMOTIONS} <= {field["path"] for field in parser["field"]}
    assert PublishedRecord.model_validate_json(json.dumps(told))


def _at(record: dict[str, Any], path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        value = value[step]
    return value
