"""The one way to a broker: `connect` returns a connection or raises an error that names what is wrong."""

import contextlib
import logging
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from paho.mqtt.enums import CallbackAPIVersion

from edge.config import Broker, Mqtt
from edge.mqtt.bounded_client import BoundedClient, bound_handshake, connect_properties
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.dialling import Dialling
from edge.mqtt.errors import BrokerError, BrokerRefusal, CertificateNotStrict, InvalidBrokerName, Stage, TlsError
from edge.mqtt.events import Message
from edge.mqtt.limits import Limits
from edge.mqtt.protocol import MQTT_5, ProtocolChoice, Version
from edge.mqtt.refusals import Reason, transport_error

log = logging.getLogger(__name__)

_SEND_BUFFER = 128
"""Messages that paho may hold for a connection that does not take bytes; a session keeps the broker's own window."""


class Login(NamedTuple):
    """Settings, credentials, client id and will of a connection.

    `session_seconds`: how long the broker keeps the subscriptions and what arrives for them after the connection ends.
    Then each message has to be acknowledged by `Connection.acknowledge`. 0: the broker keeps nothing.
    """

    settings: Mqtt
    secrets: Secrets
    client_id: str
    will: Message | None = None
    session_seconds: int = 0


def connect(
    login: Login, broker: Broker, version: Version, cancelled: Callable[[], bool] = lambda: False
) -> Connection:
    """Connect once, from the name to the broker's CONNACK; give up where `cancelled` returns true.

    `connect_seconds` are for TCP to all addresses of the name, TLS and WebSocket together, and again for the login.

    Raises:
        BrokerError: its class says what failed, and its `stage` how far the attempt came.

    """
    connection = dial(login, broker, version, cancelled)
    until = time.monotonic() + login.settings.connect_seconds
    try:
        connection.await_acceptance(until, cancelled)
    except BrokerError as error:
        connection.close()
        error.address, error.tls = connection.address, connection.tls
        if not isinstance(error, TlsError):
            error.stage = "login"
        raise
    return connection


def dial(login: Login, broker: Broker, version: Version, cancelled: Callable[[], bool] = lambda: False) -> Connection:
    """Open a connection and send CONNECT; the broker's answer comes by the connection's `poll`.

    After `cancelled` has returned true, no CONNECT is sent. A newer session may use this client id by then, and the
    broker would end that session.

    A certificate that fails only the strict checks of RFC 5280 is accepted; the connection's `weakness` names it.

    Raises:
        BrokerError: the name, the network, TLS or the WebSocket handshake failed, or the attempt was given up.

    """
    tls = login.secrets.tls
    try:
        return _dial(login, broker, version, cancelled)
    except CertificateNotStrict as error:
        if tls is None or tls.weakness is not None:
            raise
        tls.relax(error)
    return _dial(login, broker, version, cancelled)


def _dial(login: Login, broker: Broker, version: Version, cancelled: Callable[[], bool]) -> Connection:
    client = _Client(login, broker, version, cancelled)
    try:
        client.dial()
    except BrokerError as error:
        error.address, error.tls = client.address, client.tls
        raise
    connection = Connection(client, broker, version, client.address, client.tls)
    connection.tls_alert = lambda: client.alert
    connection.breach = lambda: client.breach
    if broker.tls and login.secrets.tls is not None and login.secrets.tls.weakness is not None:
        connection.weakness = login.secrets.tls.weakness.accepted()
    return connection


class Connector:
    """Connects under one login, and remembers what each broker speaks, and which last will it takes."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._will_limits = dict.fromkeys(login.settings.brokers, Limits())
        self._choices = dict.fromkeys(login.settings.brokers, ProtocolChoice.first(login.settings.protocol))

    def connect(self, broker: Broker, cancelled: Callable[[], bool] = lambda: False) -> Connection:
        """Connect; again with 3.1.1 where the broker refuses MQTT 5, and with less where it refuses the last will.

        A broker that was silent at MQTT 5 and accepts 3.1.1 may have hung for a moment: it is asked for 5 once more.

        Raises:
            BrokerError: of the last attempt.

        """
        connection, choice = self._connect(broker, cancelled)
        if choice.provisional is None or cancelled():
            return connection
        with contextlib.closing(connection):
            connection.disconnect()
        connection, choice = self._connect(broker, cancelled)
        if choice.provisional is not None:
            self._choices[broker] = choice.after_second_acceptance()
        return connection

    def _connect(self, broker: Broker, cancelled: Callable[[], bool]) -> tuple[Connection, ProtocolChoice]:
        """Return a connection and the choice by which it came about."""
        while True:
            choice = self._choices[broker]
            will = self.login.will and self._will_limits[broker].reduce(self.login.will)
            try:
                connection = connect(self.login._replace(will=will), broker, choice.version, cancelled)
            except BrokerError as error:
                if self._reduce_will(broker, will, error) and not cancelled():
                    continue
                after = self._choices[broker] = choice.after_failure(error)
                if not after.older(choice) or cancelled():
                    raise
                log.info("broker %s refuses MQTT 5; trying 3.1.1", broker)
            else:
                self._choices[broker] = choice.after_acceptance()
                return connection, choice

    def _reduce_will(self, broker: Broker, will: Message | None, error: BrokerError) -> bool:
        """Return whether a broker refused the connection for what a lesser last will does not ask for."""
        if will is None or not isinstance(error, BrokerRefusal):
            return False
        limits = self._will_limits[broker]
        if error.code == Reason.RETAIN_NOT_SUPPORTED and will.retain:
            limits = replace(limits, retain=False)
        elif error.code == Reason.QOS_NOT_SUPPORTED and will.qos:
            limits = replace(limits, qos=0)
        else:
            return False
        self._will_limits[broker] = limits
        return True


class _Client(BoundedClient):
    """A client for one connection, without history, that knows how far the connection came."""

    def __init__(self, login: Login, broker: Broker, version: Version, cancelled: Callable[[], bool]) -> None:
        settings = login.settings
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            protocol=version,
            clean_session=None if version == MQTT_5 else not login.session_seconds,
            manual_ack=login.session_seconds > 0,
            reconnect_on_failure=False,
            transport="websockets" if broker.websocket else "tcp",
        )
        self.tls = ""
        self.alert: ssl.SSLError | None = None
        self._broker = broker
        self._version = version
        self._settings = settings
        self._session_seconds = login.session_seconds
        self._stage: Stage = "dns"
        self._guards = contextlib.ExitStack()
        self._dialling = Dialling(broker, settings.connect_seconds, cancelled)
        self.ws_set_options(broker.path)
        self.max_inflight_messages = _SEND_BUFFER
        if settings.username:
            self.username_pw_set(settings.username, login.secrets.password)
        if login.secrets.tls is not None and broker.tls:
            self.tls_set_context(login.secrets.tls)
        if login.will is not None:
            self.will_set(login.will.topic, login.will.payload, login.will.qos, login.will.retain)

    @property
    def address(self) -> str:
        """IP address of the broker, empty until its name was resolved."""
        return self._dialling.address

    def dial(self) -> None:
        """Resolve the name, connect, encrypt, send CONNECT; raise `BrokerError`."""
        settings, broker = self._settings, self._broker
        self._resolve()
        try:
            with self._guards:
                more: dict[str, Any] = {"properties": connect_properties(self._version, self._session_seconds)}
                if self._version == MQTT_5:
                    more["clean_start"] = self._session_seconds == 0
                self.connect(broker.host, broker.port, settings.keepalive_seconds, **more)
        except (OSError, ValueError, LookupError) as error:
            cause = TimeoutError() if self._dialling.was_cut else error
            named = transport_error(cause, broker, settings.connect_seconds)
            named.stage = self._stage
            raise named from error.with_traceback(None)  # its frames would keep the socket open

    def _resolve(self) -> None:
        settings, broker = self._settings, self._broker
        _check_name(broker, broker.host, "mqtt.url")
        if broker.tls and settings.tls_server_name:
            _check_name(broker, settings.tls_server_name, "mqtt.tls_server_name")
        try:
            self._dialling.resolve()
        except OSError as error:
            raise transport_error(error, broker, settings.connect_seconds) from error
        self._stage = "tcp"

    # paho has no public place before CONNECT, nor between TCP, TLS and WebSocket.
    def _create_socket(self) -> Any:  # noqa: ANN401 - paho's type
        connection = super()._create_socket()
        try:
            self._dialling.check()
        except BrokerError:
            connection.close()
            raise
        return connection

    def _create_socket_connection(self) -> Any:  # noqa: ANN401 - paho's type
        connection = self._dialling.connect()
        self._connect_timeout = self._dialling.left  # paho takes it for the steps that follow
        if self._broker.websocket:
            self._guards.enter_context(self._dialling.deadline(connection))
        self._stage = "tls" if self._broker.tls else self._after_tls()
        return self._for_websocket(connection, tls=False)

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> Any:  # noqa: ANN401 - paho's type
        secure = super()._ssl_wrap_socket(tcp_sock)
        self.tls = secure.version() or ""
        self._stage = self._after_tls()
        return self._for_websocket(secure, tls=True)

    def _for_websocket(self, connection: Any, *, tls: bool) -> Any:  # noqa: ANN401 - paho's types
        return bound_handshake(connection) if self._broker.websocket and tls == self._broker.tls else connection

    def _sock_recv(self, bufsize: int) -> bytes:
        try:
            return super()._sock_recv(bufsize)
        except ssl.SSLError as error:  # paho reports it as a lost connection
            self.alert = error
            raise

    def _sock_send(self, buf: bytes | bytearray) -> int:
        try:
            return super()._sock_send(buf)
        except ConnectionError:
            with contextlib.suppress(OSError):
                self._sock_recv(1)  # the alert that says why, if it has come
            raise

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
