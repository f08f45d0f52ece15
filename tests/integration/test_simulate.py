"""A simulated fleet at a real broker."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from edge.config import Settings
from edge.simulation.device import Device
from edge.simulation.fleet import Fleet
from edge.simulation.tally import Tally
from edge.system.clock import iso
from tests.conftest import SECONDS, Mosquitto, Subscriber


def test_every_simulated_device_sends_records_as_a_true_one_would(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
    )
    words = ["simulate", "--config", str(config), "--devices", "20", "--json"]
    fleet = subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.PIPE, text=True)
    wanted = {f"sim-{number:05}" for number in range(20)}
    first: dict[str, int] = {}
    while set(first) != wanted:  # some may send their second record before the first one of others
        record = subscriber.next("/counts")
        first.setdefault(record["device"], record["seq"])
    fleet.terminate()
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
    publish_one = Device.publish

    def publish_last(device: Device, start: int, end: int, frames: int) -> None:
        publish_one(device, start, end, frames)
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


def test_a_simulated_room_is_paused_and_resumed_by_order(broker: Mosquitto, subscriber: Subscriber) -> None:
    settings = Settings.model_validate({"interval_seconds": 5, "mqtt": {"url": f"mqtt://127.0.0.1:{broker.port}"}})
    stop, tallies = threading.Event(), list[Tally]()
    fleet = threading.Thread(target=Fleet(settings, 1).run, args=(stop, tallies.append))
    fleet.start()
    try:
        topic = f"{settings.mqtt.base}/{settings.device.site}/sim-00000/pause/set"
        assert subscriber.next("/counts")["suppressed"] != "paused"
        publish.single(topic, "ON", qos=1, port=broker.port)
        assert subscriber.next("/pause", lambda payload: payload == "ON")
        assert subscriber.next("/health")["paused_by"] == ["remote"]
        assert subscriber.next("/counts")["suppressed"] == "paused"
        publish.single(topic, "OFF", qos=1, port=broker.port)
        assert subscriber.next("/pause", lambda payload: payload == "OFF")
        assert subscriber.next("/health")["paused_by"] == []
        assert subscriber.next("/counts")["suppressed"] != "paused"
    finally:
        stop.set()
        fleet.join(SECONDS)


def having(**values: object) -> Callable[[Any], bool]:
    """Return whether a payload has these values."""
    return lambda payload: all(payload[name] == value for name, value in values.items())


def test_a_school_has_its_rooms_its_lessons_and_the_past_that_explains_itself(
    broker: Mosquitto, subscriber: Subscriber, tmp_path: Path
) -> None:
    """Six rooms, each in another state; the lesson goes on now, and the hours before had none."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
        '[pause]\ntimezone = "UTC"\n'
    )
    begin = int(time.time()) // 60 * 60 - 20 * 60
    hours = [f"{datetime.fromtimestamp(each, UTC):%H:%M}" for each in (begin, begin + 40 * 60)]
    lesson = (
        [f"mon-sun {hours[0]}-{hours[1]}"]
        if hours[0] < hours[1]
        else [f"mon-sun {hours[0]}-24:00", f"mon-sun 00:00-{hours[1]}"]
    )
    words = ["simulate", "--config", str(config), "--history", "--various"]
    words += [word for name in ("Art", "Music", "Physics", "Hall", "Lab", "Gym") for word in ("--room", name)]
    words += [word for each in lesson for word in ("--lesson", each)]
    before, during = iso(begin - 60), iso(begin + 10 * 60)
    with subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.DEVNULL) as fleet:
        try:
            live: dict[str, str | None] = {}
            while set(live) < {"Art", "Music", "Physics", "Hall", "Lab"}:
                record = subscriber.next("/counts")
                live[record["room"]] = record["suppressed"]
            art = {
                end: subscriber.ever("/counts/backfill", having(room="Art", end=end))["faces"]["mean"]
                for end in (before, during)
            }
            for room in ("Music", "Physics", "Hall", "Lab", "Gym"):
                subscriber.ever("/counts/backfill", having(room=room))
            for paused_by in ([], ["button"]):
                subscriber.ever("sim-00003/health", having(paused_by=paused_by))
        finally:
            fleet.terminate()
            fleet.wait(SECONDS)
    assert live["Art"] is live["Music"] is None
    assert (live["Physics"], live["Hall"], live["Lab"]) == ("below_min_group", "paused", "not_observed")
    assert art[before] is None
    assert (art[during] or 0) > 15
    late = [payload for topic, payload, _ in subscriber.seen if topic.endswith("/counts/backfill")]
    assert all(each["replayed"] for each in late)
    keys = [(each["device"], each["boot"], each["seq"]) for each in late]
    assert len(set(keys)) == len(keys)
    gym = [payload for topic, payload, _ in subscriber.seen if topic.endswith("sim-00005/status")]
    assert gym[0] == "offline"
    health = [payload for topic, payload, _ in subscriber.seen if topic.endswith("sim-00005/health")]
    times = [each["time"] for each in health]
    assert times == sorted(times), "the latest health says how the device is"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--lesson", "monday 8-9"], "monday 8-9: are not weekly hours; write mon-fri 07:45-16:00 or sat 09:00-12:30"),
        (["--room", ""], "'' is no name of a room; write 1 to 64 printable characters"),
        (["--history"], '--history: needs the hours of the lessons; add --lesson "mon-fri 08:00-08:45"'),
    ],
)
def test_what_is_no_school_is_named(words: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "simulate", *words], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode
    assert said in " ".join(done.stderr.split())
