"""One connection to a broker. It is polled and never calls back; how it ends is raised as a named error."""

import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Broker
from edge.mqtt.errors import (
    BrokerError,
    BrokerExceeds,
    BrokerHungUp,
    CertificateNotStrict,
    ConnectCancelled,
    ConnectionLost,
    DeviceFault,
    MessageTooLarge,
    NoAnswer,
    NotMqtt,
)
from edge.mqtt.events import ConnectionEvent, Incoming, Message, Published, Subscribed
from edge.mqtt.limits import Limits
from edge.mqtt.protocol import NAMES, Version
from edge.mqtt.refusals import refusal, tls_alert

_OK = MQTTErrorCode.MQTT_ERR_SUCCESS
_NO_MATCHING_SUBSCRIBERS = 0x10
"""A reason code of PUBACK: MQTT 5, section 3.4.2.1."""
_ANSWER_POLL_SECONDS = 0.1
_LONGEST_REASON = 200
"""Characters of an error that may quote the broker."""
_READS_PER_POLL = 256
"""Packets that a TLS or WebSocket connection may hold back in its own buffer and hand out at one poll."""


class Connection:
    """An open connection; `accepted` once the broker has answered CONNECT. Belongs to one thread.

    Attributes:
        broker: the address.
        version: of MQTT.
        accepted: whether the broker accepted CONNECT.
        resumed: whether it goes on with a session that it had kept.
        limits: of the broker, as it said when it accepted.
        address: IP address of the broker.
        tls: TLS version, empty without TLS.
        tls_alert: returns how the broker ended TLS after the handshake; None where it did not.
        breach: returns why this device ended the connection; None where it did not.
        weakness: why the broker's certificate fails the strict checks of RFC 5280; None where it does not.
        heard_at: monotonic time at which bytes came last.

    """

    weakness: CertificateNotStrict | None = None
    tls_alert: Callable[[], ssl.SSLError | None] = staticmethod(lambda: None)
    breach: Callable[[], Exception | None] = staticmethod(lambda: None)

    def __init__(self, client: paho.Client, broker: Broker, version: Version, address: str, tls: str) -> None:
        """Take over a client that `connect` of paho has returned from."""
        self.broker = broker
        self.address = address
        self.tls = tls
        self.version = version
        self.accepted = self.resumed = False
        self.limits = Limits()
        self.heard_at = time.monotonic()
        self._pinged_at = 0.0
        self._client = client
        self._events: deque[ConnectionEvent] = deque()
        self._end: BrokerError | None = None
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe

    @property
    def protocol(self) -> str:
        """`5` or `3.1.1`."""
        return NAMES[self.version]

    @property
    def window(self) -> int:
        """How many messages the broker takes before it acknowledges one."""
        return self.limits.window

    @property
    def transport(self) -> Any:  # noqa: ANN401 - one of paho's, for a selector
        """What to wait on for `poll`, or None once the connection is closed."""
        return self._client.socket()

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait to be sent."""
        return self._client.want_write()

    def publish(self, message: Message) -> int:
        """Send a message, with no more QoS and retain than the broker takes; return the packet id for `Published`.

        At QoS 0 `Published` comes once the bytes are sent.

        Raises:
            MessageTooLarge: the broker takes no packet of that size.

        """
        message = self.limits.reduce(message)
        size = self.limits.excess(message, self.version)
        if size is not None:
            raise MessageTooLarge(self.broker, self.limits.packet_bytes, message.topic, size)
        return self._client.publish(message.topic, message.payload, message.qos, message.retain).mid

    def subscribe(self, topics: Sequence[tuple[str, int]]) -> int | None:
        """Ask for topics, each with its QoS; `Subscribed` is the answer, by the packet id that this returns."""
        return self._client.subscribe(list(topics))[1]

    def unsubscribe(self, topic: str) -> None:
        """Ask for no more of a topic."""
        self._client.unsubscribe(topic)

    def acknowledge(self, message: Incoming) -> None:
        """Let the broker forget a message; of a login with `session_seconds`, once for each message."""
        if message.qos:
            self._client.ack(message.packet_id, message.qos)

    def ping(self) -> None:
        """Ask a broker that was silent for a sign of life, once for each silence."""
        if self._pinged_at < self.heard_at:
            self._pinged_at = time.monotonic()
            # paho pings by itself only after the whole keep-alive time, and has no public way to do it earlier.
            self._client._send_pingreq()  # noqa: SLF001

    def poll(self, timeout: float, wake: socket.socket | None = None) -> list[ConnectionEvent]:
        """Wait at most `timeout` seconds for bytes, or for `wake` to be readable; return what has come.

        Raises:
            BrokerError: the connection has ended.

        """
        connection = self.transport
        if connection is None or self._end is not None:
            return self._take()
        try:
            ready = self._wait(connection, 0 if self._held_back() else timeout, wake)
        except OSError as error:
            raise DeviceFault(self.broker, error) from error
        mask = ready.get(connection, 0)
        return self.move(read=bool(mask & selectors.EVENT_READ), write=bool(mask & selectors.EVENT_WRITE))

    def move(self, *, read: bool, write: bool) -> list[ConnectionEvent]:
        """Read and write what the kernel reports as possible, keep the connection alive; return what has come.

        Raises:
            BrokerError: the connection has ended.

        """
        if self._end is not None:
            return self._take()
        try:
            self._move(read=read, write=write)
        except Exception as error:  # noqa: BLE001 - paho fails in any way on bytes that are not MQTT
            problem = f"sent what is not MQTT ({type(error).__name__}: {str(error)[:_LONGEST_REASON]})"
            self._end = NotMqtt(self.broker, problem, "check {}", "mqtt.url")
            self.close()
        return self._take()

    def await_acceptance(self, until: float, cancelled: Callable[[], bool]) -> None:
        """Wait for the answer to CONNECT until the monotonic time `until`.

        Raises:
            BrokerError: the broker refuses, hangs up or is silent, or `cancelled` returned true.

        """
        while not self.accepted:
            if cancelled():
                raise ConnectCancelled(self.broker, "the attempt was given up", "")
            if time.monotonic() > until:
                raise self._without_answer(NoAnswer)
            try:
                self._events.extend(self.poll(_ANSWER_POLL_SECONDS))
            except BrokerError:
                if not self.accepted:
                    raise  # else it was accepted and cut off at once, which the next poll reports

    def disconnect(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the will."""
        self._client.disconnect()

    def close(self) -> None:
        """Close the socket."""
        connection = self.transport
        if connection is not None:
            connection.close()

    def _wait(self, connection: Any, timeout: float, wake: socket.socket | None) -> dict[object, int]:  # noqa: ANN401
        with selectors.PollSelector() as selector:  # it needs no descriptor, of which there may be none left
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.wants_write else 0)
            selector.register(connection, events)
            if wake is not None:
                selector.register(wake, selectors.EVENT_READ)
            return {key.fileobj: mask for key, mask in selector.select(timeout)}

    def _move(self, *, read: bool, write: bool) -> None:
        ended = self.transport is None
        if not ended and (read or self._held_back()):
            ended = self._client.loop_read() != _OK
            for _ in range(_READS_PER_POLL):
                if ended or not self._held_back():
                    break
                ended = self._client.loop_read() != _OK
        if not ended and write and self.wants_write:
            ended = self._client.loop_write() != _OK
        if not ended:
            ended = self._client.loop_misc() != _OK
        if ended or self.transport is None:
            self._end = self._end or self._lost()
        elif read:
            self.heard_at = time.monotonic()

    def _take(self) -> list[ConnectionEvent]:
        """Return the events so far; raise the end once there are none."""
        events = list(self._events)
        self._events.clear()
        if not events and (self._end is not None or self.transport is None):
            raise self._end or self._lost()
        return events

    def _held_back(self) -> bool:
        """Whether a TLS connection holds bytes that the kernel no longer reports."""
        return bool(getattr(self.transport, "pending", int)() > 0)

    def _lost(self) -> BrokerError:
        alert = self.tls_alert()
        if alert is not None:
            return tls_alert(alert, self.broker)
        breach = self.breach()
        if breach is not None:
            return BrokerExceeds(self.broker, str(breach), "check {} and the log of the broker", "mqtt.url")
        if not self.accepted:
            return self._without_answer(BrokerHungUp)
        return ConnectionLost(self.broker, "connection lost", "")

    def _without_answer(self, kind: type[BrokerError]) -> BrokerError:
        problem = "something listens there but gives no answer"
        if kind is BrokerHungUp:
            problem = "closes the connection without an answer"
        return kind(self.broker, problem, "check that {} is the address of an MQTT broker, and its log", "mqtt.url")

    def _on_connect(self, _client: Any, _user: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:  # noqa: ANN401
        if reason.is_failure:
            self._end = refusal(reason, self.broker)
            return
        self.accepted, self.resumed = True, bool(flags.session_present)
        self.limits = Limits.of_connack(properties)
        if self.limits.keepalive_seconds is not None:
            # paho 2.1 ignores it and has no public way to set it; 2.2 does the same by itself.
            self._client._keepalive = self.limits.keepalive_seconds  # noqa: SLF001

    def _on_disconnect(self, _client: Any, _user: Any, flags: Any, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        if self._end is None:
            said = flags.is_disconnect_packet_from_server
            self._end = refusal(reason, self.broker, "ended the session") if said else self._lost()

    def _on_publish(self, _client: Any, _user: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        error = refusal(reason, self.broker, "refused a message") if reason.is_failure else None
        self._events.append(Published(mid, error, unheard=reason.value == _NO_MATCHING_SUBSCRIBERS))

    def _on_message(self, _client: Any, _user: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401
        payload, retained = bytes(message.payload), bool(message.retain)
        self._events.append(Incoming(message.topic, payload, retained, message.mid, message.qos))

    def _on_subscribe(
        self,
        _client: Any,  # noqa: ANN401
        _user: Any,  # noqa: ANN401
        mid: int,
        reasons: list[ReasonCode],
        _properties: Any,  # noqa: ANN401
    ) -> None:
        self._events.append(Subscribed(tuple(not reason.is_failure for reason in reasons), mid))
