"""A simulated fleet at a real broker."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.config import Settings
from edge.simulation.device import Device
from edge.simulation.fleet import Fleet
from edge.simulation.tally import Tally
from tests.conftest import SECONDS, Mosquitto, Subscriber


def test_every_simulated_device_sends_records_as_a_true_one_would(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
    )
    words = ["simulate", "--config", str(config), "--devices", "20", "--seconds", "14", "--json"]
    fleet = subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.PIPE, text=True)
    wanted = {f"sim-{number:05}" for number in range(20)}
    first: dict[str, int] = {}
    while set(first) != wanted:  # some may send their second record before the first one of others
        record = subscriber.next("/counts")
        first.setdefault(record["device"], record["seq"])
    assert set(first.values()) == {0}
    heard = [(topic.rpartition("/")[2], payload) for topic, payload, _retained in subscriber.seen]
    assert {payload["room"] for leaf, payload in heard if leaf == "info"} == {f"A0{room:02}" for room in range(1, 21)}
    tally = json.loads(fleet.communicate(timeout=SECONDS)[0].splitlines()[-1])
    assert tally["acknowledged"] == tally["sent"] >= 20
    assert (tally["connected"], tally["disconnects"], tally["refused"], tally["skipped"]) == (0, 20, 0, 0)
    while len({topic for topic, payload, _ in subscriber.seen if payload == ""}) < 3 * len(wanted):
        subscriber.next("")  # at last each takes back what the broker keeps: info, pause and status
    said = [topic for topic, payload, _ in subscriber.seen if payload == "offline"]
    assert len(said) == len(wanted)
    assert {payload["device"] for topic, payload, _ in subscriber.seen if topic.endswith("/health")} == wanted


def test_a_record_that_is_under_way_when_the_fleet_leaves_is_still_acknowledged(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, tallies = threading.Event(), list[Tally]()
    publish = Device.publish

    def publish_last(device: Device, start: int, end: int, frames: int) -> None:
        publish(device, start, end, frames)
        stop.set()

    monkeypatch.setattr(Device, "publish", publish_last)
    settings = Settings.model_validate({"interval_seconds": 5, "mqtt": {"url": f"mqtt://127.0.0.1:{broker.port}"}})
    Fleet(settings, 1).run(stop, tallies.append)
    assert (tallies[-1].sent, tallies[-1].acknowledged) == (1, 1)


def test_a_broker_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[mqtt]\nurl = "mqtt://127.0.0.1:9"\n')
    words = ["simulate", "--config", str(config), "--devices", "3", "--seconds", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert done.stderr.count("connection refused; start the broker, or correct mqtt.url") == 1
    assert "0 of 3 connected" in done.stdout
