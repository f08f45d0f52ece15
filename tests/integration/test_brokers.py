"""Which broker is talked to, how, and what one that misbehaves can do."""

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ConfigError
from edge.mqtt import session
from edge.mqtt.events import Acknowledged, Connected, Disconnected, Message, Unheard
from tests.conftest import SECONDS, Mosquitto, Subscriber, free_port, until
from tests.support.peer import Peer
from tests.support.scripted import Scripted

CONNECTED = bytes.fromhex("2003000000")
"""CONNACK of MQTT 5: accepted, no properties."""
ONE_AT_A_TIME = bytes.fromhex("20060000 03 210001")
"""The same with Receive Maximum 1."""
TAKEN_OVER = bytes.fromhex("e0018e")
FILES = {"ca_file": "ca.crt", "cert_file": "device.crt", "key_file": "device.key"}


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted(CONNECTED)
    yield server
    server.close()


def test_the_next_broker_is_tried_where_one_is_away_and_the_first_again_afterwards(
    tmp_path: Path, broker: Mosquitto, peers: list[Peer]
) -> None:
    (tmp_path / "first").mkdir()
    first = Mosquitto(tmp_path / "first")
    urls = [f"mqtt://127.0.0.1:{one.port}" for one in (first, broker)]
    peers.append(Peer(0, url=urls))
    peers[0].next(Connected)
    seen = Subscriber(broker.port)
    peers[0].session.publish(Message("counts", "second", token=1))
    assert seen.next("counts") == "second"
    seen.close()
    first.start()
    broker.stop()
    peers[0].next(Connected)
    seen = Subscriber(first.port)
    peers[0].session.publish(Message("counts", "first", token=2))
    assert seen.next("counts") == "first"
    seen.close()
    first.stop()


@pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])
def test_mqtt_goes_through_a_websocket(
    tmp_path: Path,
    certificates: Path,
    peers: list[Peer],
    secure: bool,  # noqa: FBT001
) -> None:
    tls = f"certfile {certificates}/broker.crt\nkeyfile {certificates}/broker.key\n" if secure else ""
    plain = f"listener {free_port()} 127.0.0.1"  # Mosquitto 2.0.11 does not start with WebSockets alone
    broker = Mosquitto(tmp_path, f"protocol websockets\n{tls}{plain}\nallow_anonymous true")
    broker.start()
    url = f"{'wss' if secure else 'ws'}://127.0.0.1:{broker.port}/mqtt"
    peers.append(Peer(0, url=url, ca_file=str(certificates / "ca.crt")))
    peers[0].next(Connected)
    for token in range(50):
        peers[0].session.publish(Message("counts", "x" * 1000, token=token))
    assert {peers[0].next(Unheard) for _ in range(50)} == {Unheard(token) for token in range(50)}
    peers.pop().stop()
    broker.stop()


def test_what_is_no_websocket_is_named(scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture) -> None:
    scripted.answer = b"HTTP/1.1 200 OK\r\nsec-websocket-accept:\xff\r\n\r\n"
    peers.append(Peer(0, url=f"ws://127.0.0.1:{scripted.port}"))
    until(lambda: "no MQTT by WebSocket there; check port and path of mqtt.url" in caplog.text)


def test_the_name_in_the_certificate_may_differ_from_the_address(
    tmp_path: Path, certificates: Path, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    lines = f"certfile {certificates}/named.crt\nkeyfile {certificates}/named.key\nallow_anonymous true"
    broker = Mosquitto(tmp_path, lines)
    broker.start()
    values = {"url": f"mqtts://127.0.0.1:{broker.port}", "ca_file": str(certificates / "ca.crt")}
    peers.append(Peer(0, **values))
    until(lambda: "set mqtt.tls_server_name to a name in its certificate" in caplog.text)
    peers.append(Peer(0, **values, tls_server_name="broker.school.example"))
    peers[1].next(Connected)
    broker.stop()


def test_secrets_that_systemd_hands_over(
    secure_broker: Mosquitto, certificates: Path, peers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(certificates))
    named = {key: f"credential:{file}" for key, file in FILES.items()}
    peers.append(Peer(0, url=f"mqtts://127.0.0.1:{secure_broker.port}", **named))
    peers[0].next(Connected)


def test_a_credential_that_nobody_handed_over_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="set LoadCredential=mqtt-password:FILE in the unit, or mqtt.password_file"):
        Peer(free_port(), username="pi", password_file="credential:mqtt-password")


def test_a_certificate_that_was_renewed_on_the_device_is_taken_up(
    tmp_path: Path, secure_broker: Mosquitto, certificates: Path, peers: list[Peer]
) -> None:
    for old, name in (("other-ca.crt", "ca.crt"), ("device.crt", "device.crt"), ("device.key", "device.key")):
        shutil.copy(certificates / old, tmp_path / name)
    named = {key: str(tmp_path / file) for key, file in FILES.items()}
    peers.append(Peer(0, url=f"mqtts://127.0.0.1:{secure_broker.port}", **named))
    until(lambda: peers[0].session.state is session.State.WAITING)
    shutil.copy(certificates / "ca.crt", tmp_path / "ca.crt")
    peers[0].next(Connected)


def test_a_session_that_another_client_took_over_is_named_and_not_taken_back_at_once(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        waits.append((low, high))
        return 0.1

    monkeypatch.setattr("random.uniform", uniform)
    peers.append(Peer(scripted.port, retry_cap_seconds=60))
    peers[0].next(Connected)
    scripted.say(TAKEN_OVER)
    peers[0].next(Disconnected)
    until(lambda: (150, 300) in waits)
    line = "ended the session (Session taken over); another device uses the same id: cloned card? set device.id"
    assert line in caplog.text


def test_no_more_is_sent_than_the_broker_takes_at_once(scripted: Scripted, peers: list[Peer]) -> None:
    scripted.answer = ONE_AT_A_TIME
    peers.append(Peer(scripted.port))
    assert peers[0].next(Connected) == Connected("5", 1)
    for token in range(3):
        peers[0].session.publish(Message("counts", f"number {token}", token=token))
    for token in range(3):
        until(lambda token=token: f"number {token}".encode() in scripted.heard)  # type: ignore[misc]
        assert f"number {token + 1}".encode() not in scripted.heard
        scripted.say(bytes([0x40, 2, 0, token + 1]))
        assert peers[0].next(Acknowledged) == Acknowledged(token)


def test_a_broker_that_never_acknowledges_is_left(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    peers.append(Peer(scripted.port, keepalive_seconds=5))
    peers[0].next(Connected)
    peers[0].session.publish(Message("counts", "{}", token=1))
    peers[0].next(Disconnected)
    assert "connection lost" in caplog.text


def test_a_network_that_was_silent_once_does_not_cost_mqtt_5_for_good(scripted: Scripted, peers: list[Peer]) -> None:
    """Without its reasons, a refused record would look like one that arrived."""
    silence, accepted = b"", bytes.fromhex("20020000")  # of MQTT 3.1.1, which is no answer to a CONNECT of MQTT 5
    scripted.first_answers.extend([silence, accepted, accepted, accepted])
    peers.append(Peer(scripted.port))
    assert peers[0].next(Connected) == Connected("3.1.1")
    scripted.hang_up()
    assert peers[0].next(Connected) == Connected("5")
    versions = [connect[8] for connect in scripted.accepted]
    assert versions[:3] == [5, 4, 5], "once it lives, it is asked for 5 at once"
    assert versions[-1] == 5


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00",
        b"\xff" * 60,
        bytes.fromhex("4000"),
        bytes.fromhex("400100"),
        bytes.fromhex("30050009"),
        b"HTTP/1.1 400\r\n",
    ],
)
def test_nothing_that_a_broker_sends_ends_the_session_for_good(
    scripted: Scripted, peers: list[Peer], noise: bytes
) -> None:
    """Whatever it said, the next attempt is made."""
    scripted.answer = CONNECTED + noise
    peers.append(Peer(scripted.port, connect_seconds=1))
    until(lambda: scripted.accepted)
    scripted.hang_up()
    until(lambda: len(scripted.accepted) > 1)


def test_a_stop_leaves_an_attempt_that_hangs_behind_and_it_logs_nobody_in(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session after a reload has the same client id: a late login would end that one."""
    monkeypatch.setattr(session, "_STOP_SECONDS", 0.1)
    asked, answer, resolve = threading.Event(), threading.Event(), socket.getaddrinfo

    def hang(*arguments: Any, **options: Any) -> Any:
        asked.set()
        answer.wait(SECONDS)
        return resolve(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    peer = Peer(scripted.port, connect_seconds=120)
    assert asked.wait(SECONDS)
    peer.stop()
    assert peer.session.healthy, "its thread still waits for the resolver"
    answer.set()
    until(lambda: not peer.session.healthy)
    assert scripted.accepted == []
    assert peer.session._outbox.wake.fileno() == -1, "what it held is released"
