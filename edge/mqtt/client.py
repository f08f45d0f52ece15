"""The one way to a broker: `connect` returns a connection or raises an error that names what is wrong."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import Broker, Mqtt
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.errors import BrokerError, InvalidBrokerName, Stage
from edge.mqtt.events import Message
from edge.mqtt.protocol import MQTT_5, ProtocolChoice, Version
from edge.mqtt.refusals import transport_error

log = logging.getLogger(__name__)

_SEND_BUFFER = 128
"""Messages that paho may hold for a connection that does not take bytes; a session keeps the broker's own window."""


class Login(NamedTuple):
    """Settings, credentials, client id and will of a connection."""

    settings: Mqtt
    secrets: Secrets
    client_id: str
    will: Message | None = None


def connect(
    login: Login, broker: Broker, version: Version, cancelled: Callable[[], bool] = lambda: False
) -> Connection:
    """Connect once, from the name to the broker's CONNACK; give up where `cancelled` returns true.

    Raises:
        BrokerError: its class says what failed, and its `stage` how far the attempt came.

    """
    until = time.monotonic() + login.settings.connect_seconds
    connection = dial(login, broker, version)
    try:
        connection.await_acceptance(until, cancelled)
    except BrokerError as error:
        connection.close()
        error.stage, error.address, error.tls = "login", connection.address, connection.tls
        raise
    return connection


def dial(login: Login, broker: Broker, version: Version) -> Connection:
    """Open a connection and send CONNECT; the broker's answer comes by the connection's `poll`.

    Raises:
        BrokerError: the name, the network, TLS or the WebSocket handshake failed.

    """
    client = _Client(login, broker, version)
    try:
        client.dial()
    except BrokerError as error:
        error.address, error.tls = client.address, client.tls
        raise
    return Connection(client, broker, version, client.address, client.tls)


class Connector:
    """Connects under one login, and remembers which protocol each broker speaks."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._choices = dict.fromkeys(login.settings.brokers, ProtocolChoice.first(login.settings.protocol))

    def connect(self, broker: Broker, cancelled: Callable[[], bool] = lambda: False) -> Connection:
        """Connect; where the broker refuses MQTT 5 and 3.1.1 is allowed, once more.

        Raises:
            BrokerError: of the last attempt.

        """
        while True:
            choice = self._choices[broker]
            try:
                connection = connect(self.login, broker, choice.version, cancelled)
            except BrokerError as error:
                after = self._choices[broker] = choice.after_failure(error)
                if not after.older(choice) or cancelled():
                    raise
                log.info("broker %s refuses MQTT 5; trying 3.1.1", broker)
            else:
                self._choices[broker] = choice.after_acceptance()
                return connection


class _Client(paho.Client):
    """A client for one connection, without history, that knows how far the connection came."""

    def __init__(self, login: Login, broker: Broker, version: Version) -> None:
        settings = login.settings
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=version,
            clean_session=None if version == MQTT_5 else True,
            reconnect_on_failure=False,
            transport="websockets" if broker.websocket else "tcp",
        )
        self.address = self.tls = ""
        self._broker = broker
        self._settings = settings
        self._stage: Stage = "dns"
        self._guards = contextlib.ExitStack()
        self.ws_set_options(broker.path)
        self.connect_timeout = settings.connect_seconds
        self.max_inflight_messages = _SEND_BUFFER
        if settings.username:
            self.username_pw_set(settings.username, login.secrets.password)
        if login.secrets.tls is not None and broker.tls:
            self.tls_set_context(login.secrets.tls)
        if login.will is not None:
            self.will_set(login.will.topic, login.will.payload, login.will.qos, login.will.retain)

    def dial(self) -> None:
        """Resolve the name, connect, encrypt, send CONNECT; raise `BrokerError`."""
        settings, broker = self._settings, self._broker
        until = time.monotonic() + settings.connect_seconds
        self._resolve()
        try:
            with self._guards:
                self.connect(broker.host, broker.port, settings.keepalive_seconds)
        except (OSError, ValueError, LookupError) as error:
            cause = TimeoutError() if time.monotonic() > until else error
            named = transport_error(cause, broker, settings.connect_seconds)
            named.stage = self._stage
            raise named from error.with_traceback(None)  # its frames would keep the socket open

    def _resolve(self) -> None:
        settings, broker = self._settings, self._broker
        _check_name(broker, broker.host, "mqtt.url")
        if broker.tls and settings.tls_server_name:
            _check_name(broker, settings.tls_server_name, "mqtt.tls_server_name")
        try:
            addresses = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise transport_error(error, broker, settings.connect_seconds) from error
        self.address = str(addresses[0][4][0])
        self._stage = "tcp"

    # paho has no public place between TCP, TLS and WebSocket.
    def _create_socket_connection(self) -> socket.socket:
        connection = super()._create_socket_connection()
        if self._broker.websocket:
            self._guards.enter_context(_deadline(connection, self._settings.connect_seconds))
        self._stage = "tls" if self._broker.tls else self._after_tls()
        return connection

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> Any:  # noqa: ANN401 - paho's type
        secure = super()._ssl_wrap_socket(tcp_sock)
        self.tls = secure.version() or ""
        self._stage = self._after_tls()
        return secure

    def _after_tls(self) -> Stage:
        return "websocket" if self._broker.websocket else "login"


def _check_name(broker: Broker, name: str, key: str) -> None:
    which = "" if name == broker.host else f"{key} "
    try:
        name.encode("idna")
    except UnicodeError as error:  # an empty or an overlong label
        raise InvalidBrokerName(broker, f"{which}is not a host name", "correct {}", key) from error
    if not name.isprintable():  # the resolver takes no NUL
        raise InvalidBrokerName(broker, f"{which}has a character that cannot be printed", "correct {}", key)


@contextlib.contextmanager
def _deadline(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Cut a connection after `seconds`: paho's WebSocket handshake allows that time for every byte."""
    # TLS takes the socket over; a duplicate of it reaches the same connection.
    duplicate = connection.dup()

    def cut() -> None:
        with contextlib.suppress(OSError):
            duplicate.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        duplicate.close()
