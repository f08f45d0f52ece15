"""The one owner of the broker's connection: one attempt at a time, full-jitter back-off, MQTT 5 before 3.1.1."""

import contextlib
import enum
import logging
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.backoff import Backoff
from edge.config import Mqtt
from edge.publisher.connection import explain, explain_refusal, password, tls_context
from edge.publisher.events import Acknowledged, Connected, Disconnected, Event, Message

log = logging.getLogger(__name__)

_LIVED_SECONDS = 30.0
"""A session that lived so long was well; only then does the back-off start anew (accepted and kicked is not well)."""
_TICK = 1.0
_NO_TOKEN = -1
_FAREWELL_SECONDS = 3.0
_UNSUPPORTED_PROTOCOL = "Unsupported protocol version"
_TAKEN_OVER = "Session taken over"


class State(enum.Enum):
    """Where the session is."""

    WAITING = enum.auto()
    CONNECTING = enum.auto()
    CONNECTED = enum.auto()
    STOPPED = enum.auto()


class Session:
    """Runs in a thread of its own; every other thread talks to it by `publish`, it talks back by `on_event`."""

    def __init__(self, settings: Mqtt, client_id: str, will: Message, on_event: Callable[[Event], None]) -> None:
        """Check everything that can be checked without a broker.

        Raises:
            ConfigError: a certificate, key or password file cannot be used.

        """
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._emit = on_event
        self._tls = tls_context(settings)
        self._password = password(settings)
        self._protocol = paho.MQTTv311 if settings.protocol == "3.1.1" else paho.MQTTv5
        self._outbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._tokens: dict[int, int] = {}
        self._answer: ReasonCode | None = None
        self._ended: ReasonCode | None = None
        self._reached = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stop = threading.Event()
        self._farewell: Message | None = None
        self._backoff = Backoff(settings.retry_cap_seconds)
        self._complained = ""
        self.state = State.WAITING
        self.connections = 0
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def publish(self, message: Message) -> None:
        """Hand over a message; it is forgotten without a word if the connection goes first."""
        self._outbox.put(message)
        self._wake()

    def stop(self, farewell: Message) -> None:
        """Publish a last message if connected, wait for its acknowledgement (at most 3 s), disconnect."""
        self._farewell = farewell
        self._stop.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_SECONDS + self._settings.connect_seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.state = State.CONNECTING
            client = self._new_client()
            at_once = False
            if self._connect(client):
                begun = time.monotonic()
                self._live(client)
                if time.monotonic() - begun > _LIVED_SECONDS:
                    self._backoff.reset()
            else:
                at_once = self._change_protocol()
            self.state = State.WAITING
            if not at_once:
                self._stop.wait(self._backoff.next())
        self.state = State.STOPPED

    def _new_client(self) -> paho.Client:
        """Return a client without history, so that paho re-sends nothing on its own: the spool decides."""
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=self._protocol,
            clean_session=None if self._protocol == paho.MQTTv5 else True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._settings.connect_seconds
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._tokens.clear()
        self._answer = self._ended = None
        self._reached = False
        return client

    def _connect(self, client: paho.Client) -> bool:
        """One attempt, from name resolution to the broker's word; return whether it accepted."""
        try:
            self._shake_hands(client)
        except OSError as error:
            self._complain(explain(error, self._settings))
            self._close(client)
            return False
        if self._answer is not None and not self._answer.is_failure:
            return True
        self._close(client)
        if self._answer is not None and not self._may_fall_back():
            self._complain(explain_refusal(self._answer, self._settings))
        elif self._answer is None and self._protocol == paho.MQTTv311 and not self._stop.is_set():
            where = f"broker {self._settings.host}:{self._settings.port}"
            self._complain(f"{where}: something listens there but gives no answer; is it an MQTT broker?")
        return False

    def _shake_hands(self, client: paho.Client) -> None:
        """Connect and wait for CONNACK, a hang-up, or the end of the time allowed."""
        deadline = time.monotonic() + self._settings.connect_seconds
        client.connect(self._settings.host, self._settings.port, self._settings.keepalive_seconds)
        self._reached = True
        while self._answer is None and self._turn(client, 0.1) and not self._stop.is_set():
            if time.monotonic() > deadline:
                return

    def _may_fall_back(self) -> bool:
        """Whether the broker just refused MQTT 5, by word, by hanging up or by silence, and 3.1.1 is allowed."""
        refused = self._answer is None or str(self._answer) == _UNSUPPORTED_PROTOCOL
        return refused and self._settings.protocol == "auto" and self._protocol == paho.MQTTv5

    def _change_protocol(self) -> bool:
        """After a failed attempt, choose the protocol of the next; return whether it is to be tried at once."""
        if not self._reached:
            return False
        if self._may_fall_back():
            log.info("broker %s:%d refuses MQTT 5; trying 3.1.1", self._settings.host, self._settings.port)
            self._protocol = paho.MQTTv311
            return True
        if self._settings.protocol == "auto" and self._answer is None:
            self._protocol = paho.MQTTv5  # it answers neither, which proves nothing about either
        return False

    def _live(self, client: paho.Client) -> None:
        """Serve a connection until it ends."""
        name = "5" if self._protocol == paho.MQTTv5 else "3.1.1"
        self.state = State.CONNECTED
        self.connections += 1
        log.info("broker %s:%d: connected (MQTT %s)", self._settings.host, self._settings.port, name)
        self._complained = ""
        while not self._outbox.empty():
            self._outbox.get()  # meant for a connection that is gone; what matters is in the spool
        self._emit(Connected(name))
        leave_at: float | None = None
        while self._ended is None:
            self._send_waiting(client)
            if self._stop.is_set() and leave_at is None:
                leave_at = time.monotonic() + _FAREWELL_SECONDS
                if self._farewell is not None:
                    self._send(client, self._farewell)
            if leave_at is not None and (not self._tokens or time.monotonic() > leave_at):
                break
            if not self._turn(client, _TICK if leave_at is None else 0.05):
                break
        if self._ended is None:
            client.disconnect()
        else:
            self._complain(
                explain_refusal(self._ended, self._settings) if str(self._ended) == _TAKEN_OVER else self._lost()
            )
        self._close(client)
        self._emit(Disconnected())

    def _turn(self, client: paho.Client, timeout: float) -> bool:
        """Move bytes once; return whether the connection stands."""
        connection = client.socket()
        if connection is None:
            return False
        with selectors.DefaultSelector() as selector:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
            selector.register(connection, events)
            selector.register(self._wake_in, selectors.EVENT_READ)
            pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
            ready = {key.fileobj: mask for key, mask in selector.select(0 if pending else timeout)}
        if self._wake_in in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_in.recv(4096)
        mask = ready.get(connection, 0)
        ok = MQTTErrorCode.MQTT_ERR_SUCCESS
        if (mask & selectors.EVENT_READ or pending) and client.loop_read() != ok:
            return False
        if mask & selectors.EVENT_WRITE and client.loop_write() != ok:
            return False
        return client.loop_misc() == ok

    def _send_waiting(self, client: paho.Client) -> None:
        while not self._outbox.empty():
            self._send(client, self._outbox.get())

    def _send(self, client: paho.Client, message: Message) -> None:
        info = client.publish(message.topic, message.payload, message.qos, message.retain)
        if message.qos:
            self._tokens[info.mid] = _NO_TOKEN if message.token is None else message.token

    def _on_connect(self, _client: Any, _user: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        self._answer = reason

    def _on_disconnect(self, _client: Any, _user: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        self._ended = reason

    def _on_publish(self, _client: Any, _user: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        token = self._tokens.pop(mid, _NO_TOKEN)
        if reason.is_failure:
            self._complain(explain_refusal(reason, self._settings))
        elif token != _NO_TOKEN:
            self._emit(Acknowledged(token))

    def _lost(self) -> str:
        return (
            f"broker {self._settings.host}:{self._settings.port}: connection lost; records wait here until it is back"
        )

    def _complain(self, line: str) -> None:
        """Say a failure once, not at every attempt."""
        log.log(logging.DEBUG if line == self._complained else logging.WARNING, "%s", line)
        self._complained = line

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is awake anyway
            self._wake_out.send(b"!")

    @staticmethod
    def _close(client: paho.Client) -> None:
        connection = client.socket()
        if connection is not None:
            connection.close()
