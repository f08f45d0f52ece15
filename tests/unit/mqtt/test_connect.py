"""`connect` against servers that speak MQTT, speak something else, or say nothing."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from edge.config import Mqtt
from edge.mqtt.client import Connector, Login, connect
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import (
    BrokerError,
    BrokerRefusal,
    BrokerRefusedConnection,
    BrokerTimeout,
    ConnectCancelled,
    ConnectionLost,
    SessionTakenOver,
)
from edge.mqtt.events import ConnectionEvent, Incoming, Message, Published, Subscribed
from edge.mqtt.protocol import MQTT_3_1_1, MQTT_5, Version
from tests.conftest import SECONDS, free_port, until
from tests.support.scripted import Scripted

ACCEPTED = bytes.fromhex("2003000000")
ACCEPTED_3_1_1 = bytes.fromhex("20020000")
REFUSED_MQTT_5 = bytes.fromhex("2003008400")


@pytest.fixture
def server() -> Iterator[Scripted]:
    scripted = Scripted(ACCEPTED)
    yield scripted
    scripted.close()


def login(port: int, **values: object) -> Login:
    settings = Mqtt.model_validate({"url": f"mqtt://127.0.0.1:{port}", "connect_seconds": 1} | values)
    return Login(settings, read_secrets(settings), "emotion-edge-test", Message("status", "offline", retain=True))


def connected(port: int, version: Version = MQTT_5) -> Connection:
    shown = login(port)
    return connect(shown, shown.settings.brokers[0], version)


def events(connection: Connection) -> Iterator[ConnectionEvent]:
    """Yield what comes; ends by the error with which the connection ends."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        yield from connection.poll(0.1)


def test_what_was_published_subscribed_and_received_comes_as_events(server: Scripted) -> None:
    with contextlib.closing(connected(server.port)) as connection:
        assert (connection.protocol, connection.address, connection.tls) == ("5", "127.0.0.1", "")
        refused = connection.publish(Message("counts", "{}"))
        connection.subscribe([("a", 1), ("b", 1)])
        until(lambda: b"counts" in server.heard and b"\x82" in server.heard)
        server.say(bytes([0x40, 4, 0, refused, 0x97, 0]))  # PUBACK: quota exceeded
        server.say(bytes([0x90, 5, 0, 2, 0, 1, 0x87]))  # SUBACK: granted, not authorized
        server.say(bytes.fromhex("31 07 0003 702f71 00 58"))  # PUBLISH p/q, retained, QoS 0
        came = events(connection)
        published, subscribed, incoming = next(came), next(came), next(came)
    assert isinstance(published, Published)
    assert published.packet_id == refused
    assert isinstance(published.error, BrokerRefusal)
    assert published.error.code == 0x97
    assert subscribed == Subscribed((True, False))
    assert incoming == Incoming("p/q", b"X", retained=True)


def test_what_came_before_the_end_is_not_lost_with_it(server: Scripted) -> None:
    with contextlib.closing(connected(server.port)) as connection:
        packet = connection.publish(Message("counts", "{}"))
        server.say(bytes([0x40, 2, 0, packet]))
        server.hang_up()
        came = events(connection)
        assert next(came) == Published(packet, None)
        with pytest.raises(ConnectionLost):
            next(came)


@pytest.mark.skipif(
    version("paho-mqtt") == "2.1.0", reason="paho 2.1.0 reads no reason of a DISCONNECT without properties"
)
def test_a_reason_with_which_the_broker_ends_a_session_is_the_class_of_the_error(server: Scripted) -> None:
    with contextlib.closing(connected(server.port)) as connection:
        server.say(bytes.fromhex("e0018e"))
        with pytest.raises(SessionTakenOver, match="ended the session"):
            list(events(connection))


def test_a_broker_that_refuses_mqtt_5_is_asked_once_only(server: Scripted) -> None:
    shown = login(server.port)
    connector, broker = Connector(shown), shown.settings.brokers[0]
    server.answer = REFUSED_MQTT_5
    with pytest.raises(BrokerError):  # 3.1.1 gets an answer that it does not know, either
        connector.connect(broker)
    server.answer = ACCEPTED_3_1_1
    server.accepted.clear()
    with contextlib.closing(connect(shown, broker, MQTT_3_1_1)) as connection:
        assert connection.protocol == "3.1.1"
    assert [packet[8] for packet in server.accepted] == [4]


def test_an_attempt_that_is_given_up_ends_at_once(server: Scripted) -> None:
    server.answer = b""
    shown = login(server.port, connect_seconds=120)
    with pytest.raises(ConnectCancelled):
        connect(shown, shown.settings.brokers[0], MQTT_5, lambda: bool(server.accepted))


def test_a_handshake_whose_bytes_come_slowly_ends_in_time() -> None:
    """The time allowed is for all of it, not for each byte."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        shown = login(0, url=f"ws://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(BrokerTimeout) as caught:
            connect(shown, shown.settings.brokers[0], MQTT_5)
    assert caught.value.stage == "websocket"


def test_an_attempt_that_failed_leaves_no_connection_open() -> None:
    """Though its error is kept, as `watch` does to name it at the end."""
    server = Scripted(b"HTTP/1.1 404 Not Found\r\n\r\n")
    shown = login(0, url=f"ws://127.0.0.1:{server.port}")
    with pytest.raises(BrokerError) as caught:
        connect(shown, shown.settings.brokers[0], MQTT_5)
    kept = caught.value
    del caught
    until(lambda: server.left == 1)
    assert kept.stage == "websocket"
    server.close()


@contextlib.contextmanager
def dead() -> Iterator[tuple[str, int]]:
    """Yield an address that answers no SYN, as behind a firewall: its queue of connections is full."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        address: tuple[str, int] = listener.getsockname()
        for _ in range(3):
            filler = opened.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int], seconds: float = 0) -> None:
    """Let every name have these addresses; the resolver takes some time."""

    def found(*_arguments: object, **_options: object) -> list[tuple[object, ...]]:
        time.sleep(seconds)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def named(**values: object) -> Login:
    return login(0, url="mqtt://broker.example", allow_plaintext=True, **values)


def test_a_dead_first_address_of_a_name_leaves_time_for_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as an AAAA record behind a firewall that drops packets, or a node of a cluster that has no power."""
    with dead() as first:
        server = Scripted(ACCEPTED, address=("127.0.0.3", first[1]))
        resolve(monkeypatch, first, ("127.0.0.3", first[1]))
        shown = named(connect_seconds=2)
        with contextlib.closing(connect(shown, shown.settings.brokers[0], MQTT_5)) as connection:
            assert connection.address == "127.0.0.3"
        server.close()


def test_where_no_address_answers_the_error_is_of_the_one_that_says_most(monkeypatch: pytest.MonkeyPatch) -> None:
    with dead() as first:
        resolve(monkeypatch, ("127.0.0.3", free_port()), first)
        shown = named()
        with pytest.raises(BrokerRefusedConnection) as caught:
            connect(shown, shown.settings.brokers[0], MQTT_5)
    assert caught.value.address == "127.0.0.3"


def test_a_resolver_that_is_slow_takes_no_time_from_the_rest(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = named()
    resolve(monkeypatch, ("127.0.0.1", server.port), seconds=1.1)
    connect(shown, shown.settings.brokers[0], MQTT_5).close()
    resolve(monkeypatch, ("127.0.0.1", free_port()), seconds=1.1)
    with pytest.raises(BrokerRefusedConnection):  # not: no answer within 1 s
        connect(shown, shown.settings.brokers[0], MQTT_5)


def test_an_attempt_that_was_given_up_logs_nobody_in(server: Scripted) -> None:
    """By then a newer session may use the client id, and the broker would end that one."""
    answers = iter([False])
    shown = login(server.port)
    with pytest.raises(ConnectCancelled):
        connect(shown, shown.settings.brokers[0], MQTT_5, lambda: next(answers, True))
    until(lambda: server.accepted)
    assert server.accepted == [b""]
