"""deploy/observability/: Grafana's dashboard on the history of a hub in a real PostgreSQL, and Telegraf's files."""

import json
import re
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from edge.contract.reading import Place
from edge.contract.records import EMOTIONS, Camera, Health, PublishedRecord
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.store.writer import Store
from edge.system.clock import iso
from tests.hub.running import health_of
from tests.views.grafana import DASHBOARD, FOLDER, panel, query
from tests.views.postgres import Postgres
from tests.views.published import LENGTH, Device


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.stop()


@pytest.fixture
def store(server: Postgres) -> Iterator[Postgres]:
    """An empty history of a hub, and a login that reads as `deploy/observability` describes it."""
    server.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE; DROP ROLE IF EXISTS grafana")
    database = opened(server)
    database.upgrade()
    database.engine.dispose()
    (commands,) = re.findall(r"psql -d school <<'END'\n(.*?)\n +END", (FOLDER / "README.md").read_text(), re.DOTALL)
    server.sql(commands)
    yield server
    server.sql("DROP OWNED BY grafana; DROP ROLE grafana")


def opened(server: Postgres) -> Database:
    url = f"postgresql://owner@/postgres?host={server.environment['PGHOST']}"
    return Database(HubSettings.model_validate({"store": {"url": url}}))


def write(store: Postgres, *records: dict[str, Any]) -> None:
    keep(store, *((each["site"], PublishedRecord.model_validate(each)) for each in records))


def keep(store: Postgres, *said: tuple[str, PublishedRecord | Health]) -> None:
    """Let the hub store records and health of sites."""
    database = opened(store)
    messages = [(Place(site, each.device), each) for site, each in said]
    assert not Store(database, 10).write(messages, {}).refused
    database.engine.dispose()


def health_at(device: Device, seconds: int, **changes: Any) -> Health:
    """Return health of a device that is well but for the changes, so many seconds after its next record begins."""
    return health_of(device.name, time=iso(device.time + seconds), **changes)


def ask(store: Postgres, title: str, device: Device, interval: int = 60) -> list[list[str | None]]:
    device_settings = device.settings.device
    begin, end = device.time - 3600, device.time + 3600
    sql = query(panel(title), begin, end, interval, site=[device_settings.site], room=[device_settings.room])
    return store.sql(sql, user="grafana")


def test_the_error_of_a_room_is_averaged_over_the_records_that_tell_it(store: Postgres) -> None:
    device = Device("pi-1", begin=1_700_000_040 // 120 * 120)
    known, unknown = device.next(8.0, happy=2.0), device.next(8.0, happy=2.0) | {"emotions_error": None}
    write(store, known, unknown)
    ((*_, error),) = ask(store, "Shown emotions, people per room", device, 120)
    assert float(error or "nan") == known["emotions_error"]


def test_a_reader_reads_the_records_and_writes_nothing(store: Postgres) -> None:
    write(store, Device("pi-1").next(8.0))
    assert store.one("SELECT count(*) FROM emotion_edge.records", user="grafana") == "1"
    for statement in ("DELETE FROM emotion_edge.records", "SELECT * FROM emotion_edge.intervals"):
        with pytest.raises(AssertionError, match="permission denied|cannot delete"):
            store.sql(statement, user="grafana")


def test_a_record_stands_in_the_view_as_it_was_published(store: Postgres) -> None:
    """A quote in a name is a quote; what is withheld is NULL."""
    device = Device("pi-1", room="Bob's \\ room")
    records = [device.next() for _ in range(20)] + [device.next(2.0), device.next(paused=True)]
    write(store, *records)
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


def test_a_time_is_found_by_the_index(store: Postgres) -> None:
    sql = "SET enable_seqscan = off; EXPLAIN SELECT * FROM emotion_edge.records WHERE ended > now() - interval '1 h'"
    assert "intervals_by_time" in str(store.sql(sql))


def test_every_query_of_the_dashboard_runs(store: Postgres) -> None:
    device = Device("pi-1")
    write(store, *(device.next() for _ in range(30)))
    keep(store, ("north", health_at(device, 0, clock="unsynced")))
    for each in DASHBOARD["panels"]:
        assert bool(ask(store, each["title"], device)) == (each["title"] != "Gaps"), each["title"]
    sites, rooms, _hub = (variable["query"] for variable in DASHBOARD["templating"]["list"])
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
    (shown,) = (each for each in DASHBOARD["panels"] if each["title"] == "State by room")
    names = shown["fieldConfig"]["defaults"]["mappings"][0]["options"]
    states = [names[row[2]]["text"] for row in ask(store, "State by room", device, LENGTH)]
    assert states[:3] == ["counted", "counted", "too few people"]
    minutes = {row[0]: float(row[1] or 0) for row in ask(store, "Minutes with numbers, and without", device)}
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


def test_two_sites_may_have_the_same_device(store: Postgres) -> None:
    """Each keeps its newest record, its health, and its own numbers: one that the other has is missing here."""
    north, south = Device("pi-1", site="north"), Device("pi-1", site="south")
    south.boot = north.boot
    records = [(each.next(8.0), each.next(8.0), each.next(8.0)) for each in (north, south)]
    write(store, *records[0][:1], *records[0][2:], *records[1][1:2])
    keep(store, ("north", health_at(north, 0)), ("south", health_at(south, 0, dropped=3)))
    begin, end = north.time - 3600, north.time + 3600

    def rows(title: str) -> list[list[str | None]]:
        return store.sql(query(panel(title), begin, end, site=["north", "south"], room=["B12"]), user="grafana")

    assert [row[0] for row in rows("Devices")] == ["north", "south"]
    assert rows("Lost records") == [["1"]]
    assert [row[:2] for row in rows("Devices that need somebody")] == [["south", "pi-1"]]


def test_what_a_device_said_holds_until_it_says_something_else(store: Postgres) -> None:
    device = Device("pi-1")
    write(store, device.next(8.0), device.next(9.0))
    failing = Camera(state="retrying", error="CameraTimeout", restarts=1)
    paused = Camera(state="paused", error=None, restarts=0)
    said = [
        health_at(device, -30),
        health_at(device, 60, camera=paused, paused_by=["button"]),
        health_at(device, 120),
        health_at(device, 180, camera=failing),
    ]
    keep(store, *(("north", each) for each in said))
    (shown,) = (each for each in DASHBOARD["panels"] if each["title"] == "Health of devices")
    names = shown["fieldConfig"]["defaults"]["mappings"][0]["options"]
    states = [names[row[2]]["text"] for row in ask(store, "Health of devices", device)]
    assert states == ["well", "paused", "well", "camera fails"]
    (annotation,) = DASHBOARD["annotations"]["list"]
    sql = query(annotation["target"]["rawSql"], device.time - 60, device.time + 600, site=["north"], room=["B12"])
    ((begin, end, text, who),) = store.sql(sql, user="grafana")
    assert (text, who) == ("north/pi-1: paused by button", "button")
    assert store.one(f"SELECT extract(epoch FROM '{end}'::timestamptz - '{begin}'::timestamptz)::int") == "60"
    ((_, name, _, state, *_),) = ask(store, "Devices that need somebody", device)
    assert (name, state) == ("pi-1", "camera fails")


def test_the_alert_rules_find_what_they_are_for(store: Postgres) -> None:
    """A device that is silent, one whose camera fails, one that lost a record; and a fourth that is well."""
    now = int(time.time())
    silent, failing, losing, well = (
        Device(name, begin=now - ago)
        for name, ago in (("silent", 3600), ("failing", 60), ("losing", 5400), ("well", 60))
    )
    write(store, silent.next(8.0), failing.next(8.0), well.next(8.0), losing.next(8.0))
    losing.next(8.0)
    write(store, losing.next(8.0))
    losing.time = now - 60
    write(store, losing.next(8.0))
    error = Camera(state="retrying", error="CameraTimeout", restarts=1)
    keep(store, ("north", health_at(failing, 0, camera=error)), ("north", health_at(well, 0)))
    (group,) = yaml.safe_load((FOLDER / "grafana/provisioning/alerting/emotion-edge.yaml").read_text())["groups"]
    fired = {}
    for rule in group["rules"]:
        asked, threshold = rule["data"]
        (most,) = threshold["model"]["conditions"][0]["evaluator"]["params"]
        rows = store.sql(asked["model"]["rawSql"], user="grafana")
        fired[rule["uid"]] = {device for _site, device, value in rows if float(value or 0) > most}
        assert asked["datasourceUid"] == "emotion-edge"
    assert fired == {
        "emotion-edge-silent": {"silent"},
        "emotion-edge-trouble": {"failing"},
        "emotion-edge-lost": {"losing"},
    }


def test_the_dashboard_keeps_to_its_datasource_and_names_every_emotion() -> None:
    for each in DASHBOARD["panels"]:
        assert each["datasource"]["uid"] == each["targets"][0]["datasource"]["uid"] == "emotion-edge"
    (source,) = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/emotion-edge.yaml").read_text())[
        "datasources"
    ]
    assert (source["uid"], source["type"]) == ("emotion-edge", DASHBOARD["panels"][0]["datasource"]["type"])
    assert len({each["id"] for each in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(f"sum({name} * seconds)" in panel("Shown emotions, people per room") for name in EMOTIONS)


def test_telegraf_reads_both_topics_and_is_never_ahead_of_its_store() -> None:
    settings = tomllib.loads((FOLDER / "telegraf" / "influxdb.conf").read_text())
    (consumer,) = settings["inputs"]["mqtt_consumer"]
    assert consumer["topics"] == ["emotion-edge/v1/+/+/counts", "emotion-edge/v1/+/+/counts/backfill"]
    assert (consumer["qos"], consumer["persistent_session"], consumer["topic_tag"]) == (1, True, "")
    assert consumer["client_id"]


def test_telegraf_takes_every_value_that_a_record_has() -> None:
    settings = tomllib.loads((FOLDER / "telegraf" / "influxdb.conf").read_text())
    (parser,) = settings["inputs"]["mqtt_consumer"][0]["json_v2"]
    device = Device("pi-1")
    told, withheld = device.next(8.0, happy=3.0), device.next(2.0)
    for part in (*parser["tag"], *parser["field"]):
        value, null = (_at(record, part["path"]) for record in (told, withheld))
        assert value is not None or part["path"] in {"suppressed", "other"}
        assert part.get("optional", False) == (
            null is None or part["path"] in {"suppressed", "practice"} or value is None
        )
    assert {tag["path"] for tag in parser["tag"]} >= {"device", "boot"}
    assert parser["timestamp_path"] == "end"
    assert {f"emotions.{name}" for name in EMOTIONS} <= {field["path"] for field in parser["field"]}
    assert PublishedRecord.model_validate_json(json.dumps(told))


def _at(record: dict[str, Any], path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        value = value[step]
    return value
