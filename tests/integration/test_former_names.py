"""What a device may remove at real brokers: what it left itself, under its present name and a former one."""

import contextlib
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from edge.config import Mqtt
from edge.config.file import load
from edge.mqtt.client import Connector, Login
from edge.mqtt.credentials import read_secrets
from edge.mqtt.events import Connected, Disconnected, Message, Question, Retained
from edge.publisher import former_topics
from edge.publisher.publisher import Publisher
from edge.system.reload import Reload
from edge.system.service import Service
from tests.conftest import SECONDS, Mosquitto, until
from tests.support.daemon import Daemon, command, write_config
from tests.support.peer import Peer
from tests.support.retained import retained
from tests.support.scripted import Scripted

CONNECTED = bytes.fromhex("2003000000")
"""CONNACK of MQTT 5: accepted, no properties."""
DENIED = bytes.fromhex("9004 0001 00 87")
"""SUBACK of MQTT 5 to the first packet: not authorized."""


def left_by(device: str, *leaves: str) -> set[str]:
    """Return the topics on which a device has something retained."""
    return {f"emotion-edge/v1/north/{device}/{leaf}" for leaf in leaves} | {f"homeassistant/device/{device}/config"}


def keep(broker: Mosquitto, topic: str, payload: str = "x", username: str = "") -> None:
    """Let a broker retain a message."""
    settings = Mqtt(url=f"mqtt://127.0.0.1:{broker.port}", username=username)
    login = Login(settings, read_secrets(settings), "someone")
    with contextlib.closing(Connector(login).connect(settings.brokers[0])) as connection:
        connection.publish(Message(topic, payload, retain=True))
        until(lambda: connection.poll(1.0))
        connection.disconnect()


def decommission(config: Path) -> subprocess.CompletedProcess[str]:
    words = command("decommission", "--config", config)
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=2 * SECONDS)


def test_a_device_that_was_renamed_removes_all_that_it_left(tmp_path: Path, broker: Mosquitto) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port, device={"id": "pi-old"})):
        until(lambda: left_by("pi-old", "status", "info") <= set(retained(broker.port, "")))
    config = write_config(tmp_path, broker.port, device={"id": "pi-new"})
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        until(lambda: "the retained messages under this former name are removed" in daemon.lines())
        assert set(retained(broker.port, "")) == left_by("pi-new", "status", "info")


def test_a_copied_card_removes_nothing_of_the_first_device(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(former_topics, "_WILL_SECONDS", 3.0)
    copy = tmp_path / "copy"
    config = write_config(tmp_path, broker.port, device={"id": "pi-first"})
    stop = threading.Event()
    with Daemon(tmp_path, "publish", "--config", config):
        until(lambda: left_by("pi-first", "status", "info") <= set(retained(broker.port, "")))
        until((tmp_path / "state" / "published-as").exists)
        until((tmp_path / "state" / "home-assistant").exists)
        shutil.copytree(tmp_path / "state", copy / "state")
        settings = load(write_config(copy, broker.port, device={"id": "pi-copy"}))
        publisher = Publisher(settings, Service())
        thread = threading.Thread(target=lambda: publisher.run(stop, Reload(lambda: settings, Service())))
        thread.start()
        try:
            until(lambda: "another device publishes under it; was this card copied" in caplog.text)
        finally:
            stop.set()
            thread.join()
        both = left_by("pi-first", "status", "info") | left_by("pi-copy", "status", "info")
        assert set(retained(broker.port, "")) == both
    assert (copy / "state" / "published-as").read_text() == "emotion-edge/v1/north/pi-copy\n"
    assert (copy / "state" / "home-assistant").read_text() == "homeassistant/device/pi-copy/config\n"
    done = decommission(write_config(copy, broker.port, device={"id": "pi-copy"}))
    assert done.returncode == 0, done.stderr
    assert set(retained(broker.port, "")) == left_by("pi-first", "status", "info")


def test_a_look_waits_for_the_last_will_of_a_device_that_vanished(broker: Mosquitto, peers: list[Peer]) -> None:
    keep(broker, "old/status", "online")
    keep(broker, "other", "x" * 1000)
    peers.append(Peer(broker.port))
    until(lambda: peers[0].session.connections)
    peers[0].session.ask(Question(("old/status", "old/info"), 1, ("old/status", b"online"), 3600))
    peers[0].session.ask(Question(("other", "nothing"), 2))
    assert peers[0].next(Retained) == Retained(2, {"other": b"x" * 256})
    keep(broker, "old/status", "offline")
    assert peers[0].next(Retained) == Retained(1, {"old/status": b"offline"})
    peers[0].session.ask(Question(("old/status",), 3, ("old/status", b"offline"), 3))
    assert peers[0].next(Retained) == Retained(3, {"old/status": b"offline"})


def test_a_look_that_is_denied_is_told_apart_and_is_not_about_commands(
    peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    server = Scripted(CONNECTED)
    peers.append(Peer(server.port))
    until(lambda: peers[0].session.connections)
    peers[0].session.ask(Question(("old/status",), 1))
    until(lambda: b"old/status" in server.heard)
    server.say(DENIED)
    assert peers[0].next(Retained) == Retained(1, {}, readable=False)
    assert "commands cannot be received" not in caplog.text
    peers.pop().stop()
    server.close()


def test_a_broker_that_ends_the_session_for_a_look_costs_no_other_message(peers: list[Peer]) -> None:
    server = Scripted(CONNECTED)
    peers.append(Peer(server.port))
    for _ in range(3):
        peers[0].next(Connected)
        peers[0].session.publish(Message("discovery", "x", retain=True, name="discovery"))
        peers[0].session.ask(Question(("old/status",), 1))
        until(lambda: b"old/status" in server.heard and b"discovery" in server.heard)
        server.heard.clear()
        server.hang_up()
        peers[0].next(Disconnected)
    assert peers[0].session.withheld == ()
    peers.pop().stop()
    server.close()


@pytest.mark.parametrize("away", ["first", "second", None])
def test_decommissioning_is_for_each_address(tmp_path: Path, away: str | None) -> None:
    brokers: dict[str, Mosquitto] = {}
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        brokers[name] = Mosquitto(tmp_path / name)
    urls = [f"mqtt://127.0.0.1:{broker.port}" for broker in brokers.values()]
    config = write_config(tmp_path, 0, mqtt={"url": urls})
    topic = "emotion-edge/v1/north/pi-test/info"
    there = {name: broker for name, broker in brokers.items() if name != away}
    for broker in there.values():
        broker.start()
        keep(broker, topic)
    (tmp_path / "state").mkdir()
    note = tmp_path / "state" / "home-assistant"
    note.write_text("ha/device/pi-test/config\n")
    done = decommission(config)
    assert [retained(broker.port, "") for broker in there.values()] == [[] for _ in there]
    assert done.returncode == (69 if away else 0)
    assert note.exists() == bool(away), "what has to be removed is not forgotten"
    if away:
        assert f"127.0.0.1:{brokers[away].port}: connection refused" in done.stderr
        assert "1 of 2 addresses may keep retained messages of this device" in done.stderr
        assert "then run this again" in done.stderr
    for broker in there.values():
        broker.stop()


@pytest.mark.parametrize(
    ("rights", "code", "said"),
    [
        ("topic readwrite #", 0, ""),
        ("topic read #", 69, "is still there: with MQTT 3.1.1 a broker acknowledges what its access list drops"),
        ("topic write #", 0, "with MQTT 3.1.1 it does not say whether it removed them"),
    ],
)
def test_with_mqtt_3_1_1_an_acknowledgement_is_not_taken_for_a_removal(
    tmp_path: Path, rights: str, code: int, said: str
) -> None:
    acl = tmp_path / "acl"
    acl.write_text(f"{rights}\nuser admin\ntopic readwrite #\n")
    acl.chmod(0o600)
    broker = Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {acl}")
    broker.start()
    topic = "emotion-edge/v1/north/pi-test/info"
    keep(broker, topic, username="admin")
    done = decommission(write_config(tmp_path, broker.port, mqtt={"protocol": "3.1.1"}))
    broker.stop()
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert (f"removed {topic}" in done.stdout) == (code == 0)
    assert ("3.1.1" in done.stderr) == bool(said)
