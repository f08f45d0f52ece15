"""From devices by a real Mosquitto into the history: everything once, whatever ends in between."""

import http.client
import json
import threading
import urllib.request
from pathlib import Path
from typing import Any

from tests.conftest import SECONDS, Mosquitto, until
from tests.hub.running import Hub, around_now, health_of, write_hub_config
from tests.views.published import BASE, Device, Sender


class Stream:
    """Live data, as a browser reads it."""

    def __init__(self, hub: Hub) -> None:
        self.answer: http.client.HTTPResponse = urllib.request.urlopen(f"{hub.address}/api/v1/live", timeout=SECONDS)
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        self.records: list[dict[str, Any]] = []
        until(lambda: self.answer.readline().startswith(b": connected"))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.answer:
            if line == b"event: record\n":
                self.records.append(json.loads(next(iter(self.answer)).removeprefix(b"data: ")))


def by_number(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: (record["device"], record["boot"], record["seq"]))


def test_live_is_stored_is_published(url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    """Late and repeated records, too."""
    devices = [Device("pi-1"), Device("pi-2")]
    with Hub(write_hub_config(tmp_path, queueing.port, url)) as hub:
        stream = Stream(hub)
        published = []
        for number in range(60):
            device = devices[number % 2]
            record = device.next() | {"replayed": number % 5 == 0}
            published.append(record)
            sender.send(device, record, late=record["replayed"])
        for device in devices:
            own = next(record for record in published if record["device"] == device.name)
            sender.send(device, own, late=own["replayed"])
        until(lambda: hub.get("state")["repeated"] >= 2)
        assert by_number(hub.records()) == by_number(published)
        until(lambda: len(stream.records) >= len(published))
        assert by_number(stream.records) == by_number(published)
        assert hub.get("state")["stored"] == len(published)
        assert hub.stop() == 0


def test_what_came_while_the_hub_or_the_broker_was_down_is_there_once(
    url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender
) -> None:
    device = Device("pi-1")
    published = [device.next() for _ in range(90)]
    with Hub(write_hub_config(tmp_path, queueing.port, url)) as hub:
        for record in published[:30]:
            sender.send(device, record)
        hub.stop()
        for record in published[30:60]:
            sender.send(device, record)
        hub.start()
        until(lambda: len(hub.records()) == 60)
        queueing.stop()  # at once, so it forgets its sessions; the device sends again what has no acknowledgement
        until(lambda: not hub.get("state")["connected"])
        queueing.start()
        until(lambda: hub.get("state")["connected"])
        again = Sender(queueing.port)
        for record in published[50:]:
            again.send(device, record, late=True)
        again.close()
        until(lambda: len(hub.records()) >= 90)
        stored = [record | {"replayed": False} for record in hub.records()]
        assert stored == published
        assert hub.get("gaps", site="north", room="B12", **around_now())["gaps"] == []


def test_what_is_refused_is_counted_by_its_reason(
    url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender
) -> None:
    device = Device("pi-1")
    record = device.next(8.0)
    with Hub(write_hub_config(tmp_path, queueing.port, url, max_devices=1)) as hub:
        topic = f"{device.root}/counts"
        sender.say(topic, record)
        sender.say(topic, "{")
        sender.say(topic, record | {"faces": {"mean": -1.0, "max": 1}})
        sender.say(topic, record | {"start": "2026-02-30T10:00:00Z"})
        sender.say(topic, record | {"end": record["start"], "seq": 7})
        sender.say(f"{BASE}/north/pi-2/counts", record)
        sender.say(f"{BASE}/south/pi-1/counts", record | {"site": "south", "seq": 8})
        sender.say(f"{BASE}/{'s' * 65}/pi-1/health", health_of("pi-1").model_dump_json(by_alias=True))
        reasons = {
            "unknown topic": 1,
            "not JSON": 1,
            "not of the contract": 1,
            "no such time": 1,
            "contradicts itself": 1,
            "name of another device": 1,
            "too many devices": 1,
        }
        until(lambda: sum(row["messages"] for row in hub.get("state")["refused"]) >= len(reasons))
        assert {row["reason"]: row["messages"] for row in hub.get("state")["refused"]} == reasons
        assert hub.records() == [record]


def test_health_explains_a_gap(url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    published = [device.next() for _ in range(10)]
    health = health_of("pi-1", time=published[6]["end"], dropped=3).model_dump_json(by_alias=True)
    with Hub(write_hub_config(tmp_path, queueing.port, url)) as hub:
        for record in published[:3] + published[6:]:
            sender.send(device, record)
        sender.say(f"{device.root}/health", health)
        until(lambda: hub.get("health", site="north", device="pi-1", **around_now())["health"])
        (gap,) = hub.get("gaps", site="north", room="B12", **around_now())["gaps"]
        assert (gap["from"], gap["to"], gap["missing"]) == (published[2]["end"], published[6]["start"], 3)
        assert gap["health"]["dropped"] == 3
