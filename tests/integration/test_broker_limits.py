"""Brokers that take less than others: the counts go on, what gives way is named."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from edge.mqtt.events import Acknowledged, Connected, Disconnected, Message, Refused, Withheld
from tests.conftest import Mosquitto, Subscriber, until
from tests.support.certificates import Authority
from tests.support.daemon import Daemon, write_config
from tests.support.peer import Peer
from tests.support.scripted import Scripted

LIMITS = {
    "max_packet_size 2000": (["discovery"], "takes packets of 2000 bytes at most"),
    "message_size_limit 2000": (["discovery"], "discovery"),
    "retain_available false": ([], "keeps no messages, so status, info and pause reach only who is connected"),
    "max_qos 0": ([], "acknowledges nothing (it takes QoS 0 only)"),
}
ACCEPTED = bytes.fromhex("2003000000")
KEEP_ALIVE_2 = bytes.fromhex("20060000 03 130002")
"""CONNACK of MQTT 5 with Server Keep Alive 2."""
SMALL = bytes.fromhex("20080000 05 2700000040")
"""The same with Maximum Packet Size 64."""
EXPIRY_3600 = bytes.fromhex("20080000 05 1100000e10")
"""The same with Session Expiry Interval 3600: the broker keeps the session, though none was asked for."""
NO_SUCH_ALPN = bytes.fromhex("15 0303 0002 02 78")
"""TLS, RFC 7301: the fatal alert no_application_protocol."""
CLEAN_START = 0x02
"""MQTT 5, section 3.1.2.4: in the flags of CONNECT."""
PINGREQ = bytes.fromhex("c000")


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted(ACCEPTED)
    yield server
    server.close()


@pytest.mark.parametrize("line", LIMITS)
def test_counts_go_on_where_a_broker_takes_less(line: str, tmp_path: Path) -> None:
    withheld, sentence = LIMITS[line]
    broker = Mosquitto(tmp_path, f"allow_anonymous true\n{line}")
    broker.start()
    seen = Subscriber(broker.port)
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        assert seen.ever("/counts", lambda record: record["frames"]["analysed"] > 0)
        assert seen.ever("/health", lambda health: health["withheld_messages"] == withheld)
        log = daemon.lines()
    seen.close()
    broker.stop()
    assert log.count(sentence) >= 1
    assert log.count("takes packets of") <= 1, "said once"
    assert "cloned card" not in log


def test_a_message_that_the_broker_does_not_take_is_not_sent(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    scripted.answer = SMALL
    peers.append(Peer(scripted.port))
    peers[0].next(Connected)
    peers[0].session.publish(Message("discovery", "large" * 100, retain=True, name="discovery"))
    peers[0].session.publish(Message("counts", "too large" * 100, token=1))
    peers[0].session.publish(Message("counts", "small", token=2))
    assert peers[0].next(Withheld) == Withheld("discovery")
    assert peers[0].next(Refused) == Refused(1)
    until(lambda: b"small" in scripted.heard)
    assert b"large" not in scripted.heard
    assert peers[0].session.withheld == ("discovery",)
    line = "takes packets of 64 bytes at most; discovery has 517; raise the broker's largest packet to 16 KiB"
    assert line in caplog.text


def test_records_of_several_sizes_that_the_broker_does_not_take_are_named_in_one_line(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    scripted.answer = SMALL
    peers.append(Peer(scripted.port))
    peers[0].next(Connected)
    for token in range(1, 6):
        peers[0].session.publish(Message("counts", "x" * (100 + token), token=token))
    assert [peers[0].next(Refused) for _ in range(5)] == [Refused(token) for token in range(1, 6)]
    lines = [one for one in caplog.records if "takes packets of" in one.getMessage()]
    assert [one.levelno for one in lines].count(logging.WARNING) == 1


def test_a_broker_that_takes_no_record_for_its_size_gives_way_to_the_next_one(
    scripted: Scripted, broker: Mosquitto, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    scripted.answer = SMALL
    urls = [f"mqtt://127.0.0.1:{port}" for port in (scripted.port, broker.port)]
    peers.append(Peer(0, url=urls, keepalive_seconds=5))
    seen = Subscriber(broker.port)
    peers[0].next(Connected)
    peers[0].session.publish(Message("counts", "large" * 100, token=1))
    assert peers[0].next(Refused) == Refused(1)
    peers[0].next(Connected)
    peers[0].session.publish(Message("counts", "large" * 100, token=2))
    assert seen.next("counts") == "large" * 100
    seen.close()
    assert "has refused every record for 5 s" in caplog.text
    assert "did not deliver; the other addresses are tried first" in caplog.text


def test_a_broker_that_ends_the_session_without_saying_why_gets_less(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    peers.append(Peer(scripted.port))
    for _ in range(2):
        peers[0].next(Connected)
        scripted.heard.clear()
        peers[0].session.publish(Message("counts", "{}", token=1))
        peers[0].session.publish(Message("discovery", "too much", retain=True, name="discovery"))
        until(lambda: b"too much" in scripted.heard)
        scripted.hang_up()
        peers[0].next(Disconnected)
    peers[0].next(Connected)
    scripted.heard.clear()
    peers[0].session.publish(Message("discovery", "too much", retain=True, name="discovery"))
    peers[0].session.publish(Message("counts", "{}", token=2))
    until(lambda: b"counts" in scripted.heard)
    assert b"too much" not in scripted.heard
    assert peers[0].session.withheld == ("discovery",)
    assert caplog.text.count("discovery is withheld from now on, so that the counts go on") == 1


def test_short_sessions_without_a_reason_are_not_blamed_on_another_device(
    scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    peers.append(Peer(scripted.port))
    for _ in range(3):
        peers[0].next(Connected)
        scripted.hang_up()
        peers[0].next(Disconnected)
    until(lambda: "accepts and soon ends the session, 3 times in a row" in caplog.text)
    assert "another device" not in caplog.text


def test_records_count_as_delivered_where_the_broker_acknowledges_nothing(tmp_path: Path, peers: list[Peer]) -> None:
    broker = Mosquitto(tmp_path, "allow_anonymous true\nmax_qos 0")
    broker.start()
    seen = Subscriber(broker.port)
    peers.append(Peer(broker.port))
    peers[0].next(Connected)
    for token in range(100):
        peers[0].session.publish(Message("counts", f"number {token}", token=token))
    assert {peers[0].next(Acknowledged) for _ in range(100)} == {Acknowledged(token) for token in range(100)}
    assert seen.next("counts", lambda payload: payload == "number 99")
    seen.close()
    broker.stop()


def test_the_keep_alive_is_the_brokers(scripted: Scripted, peers: list[Peer], caplog: pytest.LogCaptureFixture) -> None:
    """Paho 2.1 ignores it, and the broker ends the session."""
    caplog.set_level(logging.INFO)
    scripted.answer = KEEP_ALIVE_2
    peers.append(Peer(scripted.port, keepalive_seconds=600))
    peers[0].next(Connected)
    until(lambda: PINGREQ in scripted.heard)


def test_a_session_that_the_broker_keeps_is_not_taken_up_again(scripted: Scripted, peers: list[Peer]) -> None:
    """An old session would bring commands that were published while the device was away."""
    scripted.answer = EXPIRY_3600
    peers.append(Peer(scripted.port))
    for token in (1, 2):
        peers[0].next(Connected)
        peers[0].session.publish(Message("counts", f"number {token}", token=token))
        until(partial(scripted.heard.__contains__, f"number {token}".encode()))
        scripted.hang_up()
        peers[0].next(Disconnected)
    flags = [packet[packet.index(b"MQTT\x05") + 5] for packet in scripted.accepted[:2]]
    assert [flag & CLEAN_START for flag in flags] == [CLEAN_START] * 2


def test_a_broker_behind_port_443_is_asked_for_by_alpn(tmp_path: Path, peers: list[Peer]) -> None:
    Authority(tmp_path).issue("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    context.set_alpn_protocols(["http/1.1", "mqtt"])
    chosen: list[str | None] = []

    def serve() -> None:
        connection, _address = listener.accept()
        with context.wrap_socket(connection, server_side=True) as secure:
            chosen.append(secure.selected_alpn_protocol())
            secure.recv(4096)
            secure.sendall(ACCEPTED)
            while secure.recv(4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        url = f"mqtts://127.0.0.1:{listener.getsockname()[1]}"
        peers.append(Peer(0, url=url, ca_file=str(tmp_path / "ca.crt"), alpn="mqtt"))
        peers[0].next(Connected)
        peers.pop().stop()
    assert chosen == ["mqtt"]


def test_a_server_without_the_application_protocol_is_named(
    peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    server = Scripted(NO_SUCH_ALPN, hangs_up=True)
    peers.append(Peer(0, url=f"mqtts://127.0.0.1:{server.port}", alpn="mqtt"))
    until(lambda: "offers no such application protocol by TLS" in caplog.text)
    server.close()
    assert "correct mqtt.alpn" in caplog.text
