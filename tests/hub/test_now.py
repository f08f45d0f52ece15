"""What is known of each device now: for a page that is opened, or has lost its connection."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.contract.reading import Place, RefusedMessage
from edge.contract.records import PublishedRecord
from edge.hub.broker.now import News, Now, read_news
from edge.hub.people.sessions import room_of
from edge.hub.store.database import Database
from edge.hub.store.history import History, Room
from edge.hub.store.writer import Store
from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, health_of, write_hub_config
from tests.support.plans import info
from tests.views.published import BASE, Device, Sender


def heard(now: Now, topic: str, payload: bytes | str | dict[str, Any]) -> list[News]:
    data = json.dumps(payload) if isinstance(payload, dict) else payload
    return now.take([read_news(BASE, f"{BASE}/{topic}", data.encode() if isinstance(data, str) else data)])


def test_the_latest_record_is_kept_and_a_delayed_one_is_not() -> None:
    now, device = Now(10), Device("pi-1")
    first, second = device.next(), device.next()
    heard(now, "north/pi-1/counts", second)
    heard(now, "north/pi-1/counts", first)
    heard(now, "north/pi-1/counts/backfill", device.next() | {"replayed": True})
    (known,) = now.devices()
    assert known["record"] == second
    assert known["age"] < 60


def test_how_often_a_device_speaks_is_known_from_its_facts() -> None:
    now = Now(10)
    heard(now, "north/pi-1/counts", Device("pi-1").next())
    assert [each.interval_seconds for each in now.heard()] == [0]
    heard(now, "north/pi-1/info", info(device="pi-1", interval_seconds=3600).model_dump(by_alias=True))
    assert [each.interval_seconds for each in now.heard()] == [3600]


def test_a_record_of_a_wrong_clock_is_the_latest_until_the_next_one(database: Database) -> None:
    """It ends years from now: with the clock set right, in the same start or in the next one, the device goes on."""
    now, device, restarted = Now(10), Device("pi-1"), Device("pi-1")
    year = datetime.now(UTC).year + 5
    ahead = device.next() | {"start": f"{year}-01-01T00:00:00Z", "end": f"{year}-01-01T00:00:10Z"}
    right, later = device.next(), restarted.next()
    for record in (ahead, right, later):
        heard(now, "north/pi-1/counts", record)
        assert [each["record"] for each in now.devices()] == [record]
    store = Store(database, 10)
    for records, latest in (([ahead], ahead), ([later | {"room": "A1"}], later | {"room": "A1"})):
        store.write([(Place("north", "pi-1"), PublishedRecord.model_validate(each)) for each in records], {})
        assert History(database).latest(device.time, 3600) == [latest]
    with database.read() as connection:
        assert room_of(connection, Place("north", "pi-1"), device.time) == Room("north", "A1")


def test_a_device_that_was_decommissioned_is_gone() -> None:
    now = Now(10)
    heard(now, "north/pi-1/status", "online")
    heard(now, "north/pi-1/pause", "ON")
    assert [(each["online"], each["paused"]) for each in now.devices()] == [(True, True)]
    assert heard(now, "north/pi-1/pause", b"") == []
    assert heard(now, "north/pi-1/info", b"") == []
    assert len(heard(now, "north/pi-1/status", b"")) == 1
    assert now.devices() == []
    with pytest.raises(RefusedMessage):
        read_news(BASE, f"{BASE}/north/pi-1/counts", b"")


def test_a_device_that_was_decommissioned_before_a_restart_of_the_hub_does_not_come_back() -> None:
    """The broker names all others within a minute; until it does, each is shown."""
    clock = [0.0]
    now = Now(10, lambda: clock[0])
    now.remember([Device("pi-1").next(), Device("pi-2").next()])

    def shown() -> list[str]:
        return [each["device"] for each in now.devices()]

    clock[0] = 3600.0  # no broker is there
    assert shown() == ["pi-1", "pi-2"]
    heard(now, "north/pi-2/status", "offline")
    assert shown() == ["pi-1", "pi-2"]
    clock[0] += 60.0
    assert shown() == ["pi-2"]
    heard(now, "north/pi-1/counts", Device("pi-1").next())
    assert shown() == ["pi-1", "pi-2"]


def test_strangers_fill_no_memory() -> None:
    now = Now(2)
    for number in range(50):
        heard(now, f"north/pi-{number}/status", "online")
    assert [each["device"] for each in now.devices()] == ["pi-0", "pi-1"]


def test_the_history_has_the_latest_record_of_each_device(database: Database) -> None:
    """Also where a device was moved, so that it has records under two rooms."""
    store, first, second = Store(database, 10), Device("pi-1"), Device("pi-2", room="A1")
    records = [first.next() for _ in range(5)] + [second.next() for _ in range(3)]
    moved = first.next() | {"room": "C3"}
    store.write(
        [(Place("north", each["device"]), PublishedRecord.model_validate(each)) for each in [*records, moved]], {}
    )
    now = Now(10)
    now.remember(History(database).latest(first.time, 3600))
    assert {each["device"]: each["record"] for each in now.devices()} == {"pi-1": moved, "pi-2": records[-1]}
    assert all(each["age"] >= 0 for each in now.devices())
    assert History(database).latest(first.time, -1) == []


def test_each_of_two_devices_in_a_room_has_its_latest_record_also_the_one_that_ended_before(database: Database) -> None:
    store, first, second = Store(database, 10), Device("pi-1"), Device("pi-2")
    records = [first.next(), first.next(), *(second.next() for _ in range(5))]
    store.write([(Place("north", each["device"]), PublishedRecord.model_validate(each)) for each in records], {})
    latest = {each["device"]: each for each in History(database).latest(first.time, 3600)}
    assert latest == {"pi-1": records[1], "pi-2": records[-1]}


def test_what_the_history_alone_has_is_not_said_to_be_silent_and_what_the_broker_keeps_is_no_word_of_the_device() -> (
    None
):
    """The first may have been decommissioned since."""
    now, device = Now(10), Device("pi-1")
    now.remember([device.next()])
    assert now.heard() == []
    heard(now, "north/pi-1/status", "offline")
    heard(now, "north/pi-2/status", "online")
    assert [(each.place.device, each.has_spoken) for each in now.heard()] == [("pi-1", True), ("pi-2", False)]
    heard(now, "north/pi-2/counts", Device("pi-2").next())
    assert all(each.has_spoken for each in now.heard())


def test_a_page_that_is_opened_knows_what_was_published(tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    """After a restart of the hub, too: records by the database, the rest by what the broker keeps."""
    device = Device("pi-1")
    record = device.next()
    with Hub(write_hub_config(tmp_path, queueing.port)) as hub:
        sender.say(f"{device.root}/status", "online", retain=True)
        sender.send(device, record)
        sender.say(f"{device.root}/health", health_of("pi-1").model_dump_json(by_alias=True))
        until(lambda: has(hub, health=True))
        hub.stop()
        hub.start()
        until(lambda: has(hub))
        (known,) = hub.get("devices")["devices"]
        assert known["record"] == record
        assert hub.get("state")["refused"] == []


def has(hub: Hub, *, health: bool = False) -> bool:
    return any(
        known["online"] and known["record"] and (known["health"] or not health)
        for known in hub.get("devices")["devices"]
    )
