"""A device that lies about its name or its numbers, at a real PostgreSQL with the schema of `deploy/observability`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.views.postgres import Postgres
from tests.views.published import BASE, Device

SCHEMA = (ROOT / "deploy" / "observability" / "postgresql" / "schema.sql").read_text()
COPY = r"COPY emotion_edge.inbox (topic, value) FROM STDIN WITH (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')"
STORED = "SELECT device, seq FROM emotion_edge.records ORDER BY device, seq"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    postgres = Postgres()
    yield postgres
    postgres.stop()


@pytest.fixture
def store(server: Postgres) -> Postgres:
    """An empty store, and a login that writes."""
    server.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE; DROP ROLE IF EXISTS telegraf")
    server.sql(SCHEMA)
    server.sql("CREATE ROLE telegraf LOGIN IN ROLE emotion_edge_writer")
    return server


def write(store: Postgres, topic: str, *records: dict[str, Any] | str) -> None:
    """Write as Telegraf does: topic and payload of each message."""
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    store.sql(COPY, user="telegraf", feed="".join(f"{topic}\x02{text}\n" for text in texts))


@pytest.mark.parametrize("leaf", ["counts", "counts/backfill"])
def test_a_device_writes_the_history_of_no_other(store: Postgres, leaf: str) -> None:
    liar, victim = Device("pi-1"), Device("pi-2")
    good = liar.next(8.0)
    forged = victim.next(8.0)
    write(store, f"{liar.root}/{leaf}", good, forged, good | {"seq": 5, "site": "south"})
    write(store, f"{BASE}/{leaf}", good | {"seq": 6})
    write(store, f"{liar.root}/health", good | {"seq": 7})
    assert store.sql(STORED) == [["pi-1", str(good["seq"])]]
    reason = store.one("SELECT messages || ' ' || latest_reason FROM emotion_edge.refused")
    assert reason == f"4 a record came on the topic of another device or site: {liar.root}/health"
    write(store, f"{victim.root}/{leaf}", forged)
    assert len(store.sql(STORED)) == 2, "the key of the other device was not used up"


def wrong(record: dict[str, Any]) -> list[dict[str, Any] | str]:
    """Return a record with each of the values that no device measures."""
    faces, frames, emotions = (record[name] for name in ("faces", "frames", "emotions"))
    values: list[dict[str, Any] | str] = [
        record | {"faces": faces | {"mean": number}} for number in ("NaN", "Infinity", -5, 1001, 1e9)
    ]
    values += [record | {"faces": faces | {"max": number}} for number in (-1, 2000, "NaN", 2**40)]
    values += [record | {"emotions": emotions | {"happy": number}} for number in ("NaN", -0.1, 5000)]
    values += [record | {name: number} for name in ("unsure", "other", "emotions_error") for number in ("NaN", -1)]
    values += [record | {"seq": number} for number in (-1, 2**53 + 1, 2**63 - 1, 2**63, 2**70, 1.5, "NaN")]
    values += [record | {"frames": frames | {"analysed": number}} for number in (-1, 2**31 - 1, 2**40)]
    values += [record | {"boot": text} for text in ("", "x" * 8, "0badcafe0", "0BADCAFE")]
    values += [record | {name: text} for name in ("clock", "mode") for text in ("", "else")]
    values += [record | {"room": text} for text in ("", "x" * 65)]
    values += [record | {"start": "1970-01-01T00:00:00Z"}, record | {"end": "9999-01-01T00:00:00Z"}]
    values += [record | {"end": "infinity"}, record | {"model": "x" * 1000}]
    return values


def test_a_device_stores_no_number_that_it_cannot_have_measured(store: Postgres) -> None:
    device = Device("pi-1")
    record, topic = device.next(8.0), f"{device.root}/counts"
    lies = wrong(record)
    write(store, topic, *lies)
    assert store.sql(STORED) == []
    assert store.one("SELECT sum(messages) FROM emotion_edge.refused") == str(len(lies))
    write(store, topic, record)
    assert len(store.sql(STORED)) == 1


def test_a_table_of_an_earlier_release_gets_the_ranges_and_keeps_its_rows(store: Postgres) -> None:
    """Also where it was poisoned before: the rows are counted, and new ones are checked."""
    device = Device("pi-1")
    write(store, f"{device.root}/counts", device.next(8.0))
    store.sql("ALTER TABLE emotion_edge.records DROP CONSTRAINT ranges_of_the_contract")
    store.sql("ALTER TABLE emotion_edge.inbox DROP COLUMN topic")
    store.sql("UPDATE emotion_edge.records SET people = 'NaN'")
    validated = "SELECT convalidated FROM pg_constraint WHERE conname = 'ranges_of_the_contract'"
    for _ in range(2):
        store.sql(SCHEMA)
        assert store.one(validated) == "f"
    write(store, f"{device.root}/counts", device.next(8.0), *wrong(device.next(8.0)))
    assert store.one("SELECT count(*) FROM emotion_edge.records") == "2"
    store.sql("DELETE FROM emotion_edge.records WHERE people = 'NaN'")
    store.sql(SCHEMA)
    assert store.one(validated) == "t"
