"""The broker's connection against real brokers: accepted, refused, cut, secured."""

import logging
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.demo.broker import DemoBroker
from edge.errors import EX_CONFIG, ConfigError
from edge.mqtt.events import Acknowledged, Connected, Disconnected, Message, Unheard
from tests.conftest import Mosquitto, Subscriber, free_port, until
from tests.support.peer import Peer


def test_publishes_with_mqtt_5_and_hears_the_acknowledgement(
    broker: Mosquitto, subscriber: Subscriber, peers: list[Peer]
) -> None:
    peers.append(Peer(broker.port))
    assert peers[0].next(Connected) == Connected("5")
    peers[0].session.publish(Message("counts", '{"n": 1}', token=42))
    assert peers[0].next(Acknowledged) == Acknowledged(42)
    assert subscriber.next("counts") == {"n": 1}


def test_falls_back_to_3_1_1_where_the_broker_refuses_5(
    tmp_path: Path, peers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amqtt speaks 3.1.1 only; the demo relies on it where Mosquitto is not installed."""
    monkeypatch.setattr(shutil, "which", lambda *_args, **_more: None)
    with DemoBroker(tmp_path, None) as amqtt:
        assert amqtt.name == "amqtt"
        peers.append(Peer(amqtt.port, connect_seconds=1))
        assert peers[0].next(Connected) == Connected("3.1.1")
        peers[0].session.publish(Message("counts", "{}", token=1))
        assert peers[0].next(Acknowledged) == Acknowledged(1)
        peers.pop().stop()


def test_a_broker_that_is_not_there_is_told_once_and_found_when_it_comes(
    tmp_path: Path, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    broker = Mosquitto(tmp_path)
    peers.append(Peer(broker.port))
    until(lambda: "connection refused; start the broker" in caplog.text)
    time.sleep(1.5)  # long enough for further attempts, which must stay silent
    assert caplog.text.count("connection refused") == 1
    broker.start()
    assert peers[0].next(Connected)
    broker.stop()


def test_a_broker_that_restarts_is_found_again_and_nothing_is_repeated(
    broker: Mosquitto, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    """What was under way is the spool's to repeat, not the session's."""
    caplog.set_level(logging.INFO)
    peers.append(Peer(broker.port))
    peers[0].next(Connected)
    broker.stop()
    peers[0].next(Disconnected)
    peers[0].session.publish(Message("counts", "lost", token=1))
    broker.start()
    late = Subscriber(broker.port)
    peers[0].next(Connected)
    peers[0].session.publish(Message("counts", "kept", token=2))
    assert late.next("counts") == "kept"
    late.close()
    assert "connection lost; records wait here" in caplog.text


def test_a_wrong_password_is_named_and_never_counts_as_connected(
    tmp_path: Path, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    subprocess.run(["mosquitto_passwd", "-b", "-c", tmp_path / "users", "pi", "right"], check=True)
    (tmp_path / "users").chmod(0o600)
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {tmp_path / 'users'}")
    broker.start()
    (tmp_path / "password").write_text("wrong\n")
    peers.append(Peer(broker.port, username="pi", password_file=str(tmp_path / "password")))
    until(lambda: "refused (Not authorized); check mqtt.username" in caplog.text)
    assert peers[0].events.empty()
    assert "wrong" not in caplog.text
    (tmp_path / "password").write_text("right\n")
    peers.append(Peer(broker.port, username="pi", password_file=str(tmp_path / "password")))
    peers[1].next(Connected)
    broker.stop()


def test_the_last_will_says_offline_when_the_device_vanishes(broker: Mosquitto, subscriber: Subscriber) -> None:
    code = f"""
import time
from edge.config import Mqtt
from edge.mqtt.events import Message
from edge.mqtt.session import Session
session = Session(Mqtt(url="mqtt://127.0.0.1:{broker.port}"), "x", Message("status", "offline", retain=True), print)
session.start()
session.publish(Message("status", "online", retain=True))
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-uc", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "Connected" in process.stdout.readline()
        process.kill()
    assert subscriber.next("status") == "offline"


def test_tls_with_a_certificate_on_both_sides(secure_broker: Mosquitto, certificates: Path, peers: list[Peer]) -> None:
    peers.append(
        Peer(
            secure_broker.port,
            url=f"mqtts://127.0.0.1:{secure_broker.port}",
            ca_file=str(certificates / "ca.crt"),
            cert_file=str(certificates / "device.crt"),
            key_file=str(certificates / "device.key"),
        )
    )
    peers[0].next(Connected)
    peers[0].session.publish(Message("counts", "x" * 100_000, token=3))
    assert peers[0].next(Unheard) == Unheard(3), "nobody has subscribed, and the broker says so"


def test_a_broker_whose_certificate_is_not_trusted_is_not_talked_to(
    secure_broker: Mosquitto, certificates: Path, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    other = str(certificates / "other-ca.crt")
    peers.append(Peer(secure_broker.port, url=f"mqtts://127.0.0.1:{secure_broker.port}", ca_file=other))
    until(lambda: "certificate not trusted" in caplog.text)
    assert "set mqtt.ca_file to its CA" in caplog.text
    assert peers[0].events.empty()


def test_tls_to_a_port_without_tls_is_named(
    broker: Mosquitto, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    peers.append(Peer(broker.port, url=f"mqtts://127.0.0.1:{broker.port}", connect_seconds=2))
    until(lambda: f"broker 127.0.0.1:{broker.port}: " in caplog.text)
    assert "check" in caplog.text


def test_a_name_that_does_not_exist_is_named(peers: list[Peer], caplog: pytest.LogCaptureFixture) -> None:
    peers.append(Peer(1, url="mqtts://broker.invalid"))
    until(lambda: "broker broker.invalid:8883: the name cannot be resolved; check mqtt.url" in caplog.text)


@pytest.mark.parametrize("key", ["ca_file", "cert_file", "key_file", "password_file"])
def test_a_file_that_cannot_be_read_is_named_with_its_key(certificates: Path, key: str) -> None:
    good = {
        "cert_file": str(certificates / "device.crt"),
        "key_file": str(certificates / "device.key"),
        "username": "pi",
    }
    with pytest.raises(ConfigError, match=rf"/nowhere.pem: cannot be read .*; correct mqtt.{key}") as caught:
        Peer(free_port(), **good | {"url": "mqtts://127.0.0.1", key: "/nowhere.pem"})
    assert caught.value.exit_code == EX_CONFIG


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("this is no certificate")
    with pytest.raises(ConfigError, match="ca.pem: is not a PEM certificate .*; set mqtt.ca_file"):
        Peer(free_port(), url="mqtts://127.0.0.1", ca_file=str(tmp_path / "ca.pem"))
