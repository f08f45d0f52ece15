"""A device that lies about its name or its numbers: nothing of it is stored, and each lie is counted."""

import json
from typing import Any

import pytest

from edge.hub.broker.ingest import Batch
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.writer import Store
from edge.mqtt.events import Incoming
from tests.views.published import BASE, Device


def write(database: Database, topic: str, *records: dict[str, Any] | str) -> int:
    """Take messages in as from the broker; return how many were refused."""
    batch = Batch()
    for record in records:
        text = record if isinstance(record, str) else json.dumps(record)
        batch.add(BASE, Incoming(topic, text.encode(), retained=False, packet_id=1, qos=1))
    return Store(database, 10).write(batch.messages, batch.refused).refused.total()


def stored(database: Database) -> list[tuple[str, int]]:
    return [(each["device"], each["seq"]) for each in History(database).every_record(None, 0, 2**40)]


@pytest.mark.parametrize("leaf", ["counts", "counts/backfill"])
def test_a_device_writes_the_history_of_no_other(database: Database, leaf: str) -> None:
    liar, victim = Device("pi-1"), Device("pi-2")
    good, forged = liar.next(8.0), victim.next(8.0)
    assert write(database, f"{liar.root}/{leaf}", good, forged, good | {"seq": 5, "site": "south"}) == 2
    assert write(database, f"{BASE}/{leaf}", good | {"seq": 6}) == 1
    assert write(database, f"{liar.root}/health", good | {"seq": 7}) == 1
    assert stored(database) == [("pi-1", good["seq"])]
    assert write(database, f"{victim.root}/{leaf}", forged) == 0
    assert len(stored(database)) == 2, "the key of the other device was not used up"


def wrong(record: dict[str, Any]) -> list[dict[str, Any] | str]:
    """Return a record with each of the values that no device measures."""
    faces, frames, emotions = (record[name] for name in ("faces", "frames", "emotions"))
    numbers = ("NaN", float("nan"), "Infinity", float("inf"), -5, 1001, 1e9, True)
    values: list[dict[str, Any] | str] = [record | {"faces": faces | {"mean": number}} for number in numbers]
    values += [record | {"faces": faces | {"max": number}} for number in (-1, 2000, "NaN", 2**40)]
    values += [record | {"emotions": emotions | {"happy": number}} for number in ("NaN", -0.1, 5000)]
    values += [record | {name: number} for name in ("unsure", "other", "emotions_error") for number in ("NaN", -1)]
    values += [record | {"seq": number} for number in (-1, 2**53 + 1, 2**63 - 1, 2**63, 2**70, 1.5, "NaN")]
    values += [record | {"frames": frames | {"analysed": number}} for number in (-1, 2**31 - 1, 2**40)]
    values += [record | {"boot": text} for text in ("", "x" * 8, "0badcafe0", "0BADCAFE")]
    values += [record | {name: text} for name in ("clock", "mode") for text in ("", "else")]
    values += [record | {"room": text} for text in ("", "x" * 65)]
    values += [record | {"start": "1970-01-01T00:00:00Z"}, record | {"end": "9999-01-01T00:00:00Z"}]
    values += [record | {"end": "infinity"}, record | {"end": "never"}, record | {"model": "x" * 1000}]
    values += [record | {"schema": 2}, record | {"device": None}, "{", "null", "[]", '"x"', "[" * 100_000]
    return values


def test_a_device_stores_no_number_that_it_cannot_have_measured(database: Database) -> None:
    device = Device("pi-1")
    record, topic = device.next(8.0), f"{device.root}/counts"
    lies = wrong(record)
    for lie in lies:
        assert write(database, topic, lie) == 1, str(lie)[:300]
    assert write(database, topic, *lies) == len(lies)
    assert stored(database) == []
    assert write(database, topic, record) == 0
    assert len(stored(database)) == 1
