"""When Home Assistant is told of a device, what, and how that is taken back; with a real broker."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.config import Settings
from edge.contract.records import EMOTIONS, PrivacyNote
from edge.contract.topics import Topics
from edge.mqtt.events import MAX_PACKET
from edge.publisher.home_assistant.discovery import discovery
from tests.conftest import SECONDS, Mosquitto, Remote, Subscriber, until
from tests.support.contract import breaches
from tests.support.daemon import Daemon, command, write_config
from tests.support.retained import retained

TOPIC = "homeassistant/device/pi-test/config"
ROOT = "emotion-edge/v1/north/pi-test"


def birth(remote: Remote, *, retain: bool = False) -> None:
    remote._client.publish("homeassistant/status", "online", qos=1, retain=retain).wait_for_publish(SECONDS)


def entities(discovery: dict[str, Any]) -> dict[str, Any]:
    """Return the entities that the device has."""
    return {name: one for name, one in discovery["components"].items() if "unique_id" in one}


def decommission(config: Path) -> subprocess.CompletedProcess[str]:
    words = command("decommission", "--config", config)
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=2 * SECONDS)


def test_it_is_told_at_the_connect_and_at_each_birth_retained_or_not(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)) as daemon:
        first = subscriber.next("/config")
        subscriber.next("/health")
        for retain in (False, True):
            birth(remote, retain=retain)
            assert subscriber.next("/config") == first
            subscriber.next("/health")
        assert "ignored" not in daemon.lines()
    assert retained(broker.port, "homeassistant/device/") == [TOPIC]


def test_the_payload_is_what_the_device_is_and_nothing_else(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct horse")
    mqtt = {"username": "someone", "password_file": str(secret)}
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port, mqtt=mqtt)):
        told = subscriber.next("/config")
        remote.say("privacy/set", '{"min_cell": 2}')
        tightened = subscriber.next("/config")
    found = entities(told)
    assert set(found) == {
        *EMOTIONS,
        *("unsure", "emotions_error", "faces_mean", "faces_max"),
        *("occupancy", "suppressed", "camera", "paused_by", "practice", "picture", "connected", "clock", "throttled"),
        *("soc_celsius", "seconds_between_scans", "dropped", "backlog", "pause"),
    }
    assert set(entities(tightened)) - set(found) == {"other"}
    assert len({one["unique_id"] for one in found.values()}) == len(found)
    assert {one["platform"] for one in found.values()} == {"sensor", "binary_sensor", "switch"}
    periods = {(one.get("state_topic", told["state_topic"]), one.get("expire_after")) for one in found.values()}
    kept = {(f"{ROOT}/{leaf}", None) for leaf in ("pause", "status")}
    assert periods == {(f"{ROOT}/counts", 15), (f"{ROOT}/health", 90), *kept}
    assert "backfill" not in json.dumps(told)
    assert not {"someone", "correct horse", str(broker.port)} & set(json.dumps(told).split('"'))
    assert len(json.dumps(tightened, separators=(",", ":"))) < 8192


def test_the_longest_names_fit_into_a_packet_that_devices_send() -> None:
    name = "ü" * 64
    page = "https://hub.example/" + "p" * 180
    place = {"id": "x" * 64, "site": name, "room": name}
    settings = Settings.model_validate({"device": place, "home_assistant": {"page": page}})
    privacy = PrivacyNote(min_group=5, max_share=0.9, min_cell=2.0)
    payload = discovery(settings, Topics(settings, "x" * 64), "x" * 64, privacy, "b" * 64)
    assert len(payload.encode()) < MAX_PACKET - 512


def test_the_link_leads_to_the_room_on_the_page(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    config = write_config(tmp_path, broker.port, home_assistant={"page": "https://hub.school.example/"})
    with Daemon(tmp_path, "publish", "--config", config):
        device = subscriber.next("/config")["device"]
        info = subscriber.ever("/info")
    assert device["configuration_url"] == "https://hub.school.example/#/north/pi-test"
    assert device["serial_number"] == info["device"] == "pi-test"
    assert device.get("model") == info["board"]


@pytest.mark.parametrize(
    "change",
    [
        {"~": ROOT},
        {"expire_after": 30},
        {"components": {"happy": {"platform": "sensor", "name": "Happy"}}},
        {"components": {"picture": {"platform": "camera", "unique_id": "x", "topic": "x"}}},
    ],
)
def test_what_home_assistant_would_refuse_is_a_breach(
    change: dict[str, Any], tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)):
        told = subscriber.next("/config")
    assert not breaches(TOPIC, told)
    assert breaches(TOPIC, told | change)


def test_in_presence_mode_there_are_no_emotions(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    config = write_config(tmp_path, broker.port, privacy={"min_cell": 2})
    config.write_text(f'mode = "presence"\n{config.read_text()}')
    with Daemon(tmp_path, "publish", "--config", config):
        told = subscriber.next("/config")
    assert not {*EMOTIONS, "unsure", "other", "emotions_error"} & set(entities(told))
    assert "faces_mean" in entities(told)


def test_switched_off_it_is_taken_back_and_then_never_spoken_of(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)):
        subscriber.next("/config")
    config = write_config(tmp_path, broker.port, home_assistant={"discovery": False})
    with Daemon(tmp_path, "publish", "--config", config):
        assert subscriber.next("/config") == ""
    subscriber.next("/status", lambda status: status == "offline")
    other = tmp_path / "other"
    other.mkdir()
    config = write_config(other, broker.port, home_assistant={"discovery": False})
    before = len(subscriber.seen)
    with Daemon(other, "publish", "--config", config):
        subscriber.next("/health")
        birth(remote)
        remote.say("privacy/set", '{"min_cell": 2}')
        subscriber.next("/info", lambda info: info["privacy"]["min_cell"] == 2)
    assert not [topic for topic, _payload, _kept in subscriber.seen[before:] if topic == TOPIC]


def test_under_a_new_prefix_the_old_announcement_is_taken_back(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)):
        subscriber.next(TOPIC)
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port, home_assistant={"prefix": "ha"})):
        assert subscriber.next(TOPIC) == ""
        assert entities(subscriber.ever("ha/device/pi-test/config"))


def test_an_id_that_home_assistant_would_not_take_is_said_once(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = write_config(tmp_path, broker.port, device={"id": "pi.test"})
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        subscriber.next("/health")
        assert daemon.lines().count("is not announced") == 1
    assert not [topic for topic, _payload, _kept in subscriber.seen if topic.startswith("homeassistant")]


def test_a_decommissioned_device_leaves_nothing_at_the_broker(tmp_path: Path, broker: Mosquitto) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config):
        until(lambda: len(retained(broker.port, "")) == 4)
        refused = decommission(config)
        assert refused.returncode == 69
        assert "the daemon of this device runs; stop it first" in refused.stderr
    assert set(retained(broker.port, "")) == {TOPIC, f"{ROOT}/status", f"{ROOT}/info", f"{ROOT}/pause"}
    done = decommission(config)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split("removed ")[1:]) == [f"{ROOT}/{leaf}\n" for leaf in ("info", "pause", "status")] + [
        f"{TOPIC}\n"
    ]
    assert retained(broker.port, "") == []
    assert decommission(config).returncode == 0, "once more does no harm"


def test_without_a_broker_decommissioning_says_so_in_time(tmp_path: Path, broker: Mosquitto) -> None:
    broker.stop()
    done = decommission(write_config(tmp_path, broker.port, mqtt={"connect_seconds": 1}))
    assert done.returncode == 69
    assert "connection refused; start the broker, or correct mqtt.url" in done.stderr
