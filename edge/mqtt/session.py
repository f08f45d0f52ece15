"""The one owner of the broker's connection: one attempt at a time, full-jitter back-off, MQTT 5 before 3.1.1."""

import contextlib
import enum
import logging
import queue
import random
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Mqtt
from edge.errors import ConfigError
from edge.mqtt.client import new_client
from edge.mqtt.credentials import read_secrets
from edge.mqtt.events import MAX_INCOMING, Acknowledged, Connected, Disconnected, Event, Incoming, Message, Refused
from edge.mqtt.protocol import MQTT_3_1_1, MQTT_5, VERSIONS, Version
from edge.mqtt.refusals import explain, explain_refusal
from edge.system.backoff import Backoff
from edge.system.logs import journal_fields

log = logging.getLogger(__name__)

_LIVED_SECONDS = 30.0
"""A session that lived so long was well; only then does the back-off start anew (accepted and kicked is not well)."""
_TAKEN_OVER_CAPS = 5
"""So many times the longest wait is the bound of the wait after another client took the session over."""
_SHORT_LIVES = 3
"""So many sessions in a row that are accepted and soon lost are no accident: MQTT 3.1.1, and brokers that do not say it
in MQTT 5 either, end a session in this way that another client takes over."""
_TICK = 1.0
_STUCK_SECONDS = 20.0
"""A connection's loop turns every second."""
_WINDOW = 20
"""Messages without acknowledgement, unless the broker allows fewer (MQTT 5: Receive Maximum)."""
_SEND_BUFFER = 128
"""Messages that paho may hold for a connection that does not take bytes; more wait in the outbox."""
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

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        will: Message,
        on_event: Callable[[Event], None],
        subscribe: tuple[str, ...] = (),
    ) -> None:
        """Check everything that can be checked without a broker; listen to the topics `subscribe` once connected.

        Raises:
            ConfigError: a certificate, key or password file cannot be used.

        """
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._emit = on_event
        self._subscribe = subscribe
        self._brokers = settings.brokers
        self._broker = self._brokers[0]
        self._secrets = read_secrets(settings)
        self._protocols = dict.fromkeys(self._brokers, VERSIONS[settings.protocol][0])
        self._outbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._tokens: dict[int, tuple[int, float]] = {}
        self._window = _WINDOW
        self._answer: ReasonCode | None = None
        self._ended: ReasonCode | None = None
        self._ended_by_broker = False
        self._reached = False
        self._silent = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._stop = threading.Event()
        self._farewell: Message | None = None
        self._backoff = Backoff(settings.retry_cap_seconds)
        self._complained: set[str] = set()
        self._short_lives = 0
        self._ask_again = False
        self.state = State.WAITING
        self._polled_at = time.monotonic()
        self.connections = 0
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def healthy(self) -> bool:
        """Whether its thread lives and, while connected, moves; without a broker it waits, which is healthy."""
        moves = self.state is not State.CONNECTED or time.monotonic() - self._polled_at < _STUCK_SECONDS
        return self._thread.is_alive() and moves

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
            self._attempt_each()
            wait = self._backoff.next()
            if self._ended is not None and str(self._ended) == _TAKEN_OVER:
                longest = self._settings.retry_cap_seconds * _TAKEN_OVER_CAPS
                wait = random.uniform(longest / 2, longest)  # noqa: S311 - jitter
            self.state = State.WAITING
            self._stop.wait(wait)
        self.state = State.STOPPED

    def _attempt_each(self) -> None:
        """Try the brokers in order until one has been lived with; every one at most once for each protocol."""
        self._read_credentials()
        for broker in self._brokers:
            self._broker = broker
            self._ask_again = False
            again = True
            while again and not self._stop.is_set():
                self.state = State.CONNECTING
                client = self._new_client()
                if self._connect(client):
                    begun = time.monotonic()
                    self._serve(client)
                    self._record_outcome(time.monotonic() - begun)
                    if self._ask_again:
                        self._protocols[broker] = MQTT_5
                    return
                again = self._change_protocol()

    def _record_outcome(self, lived: float) -> None:
        """Draw conclusions from how long a session stood, seconds."""
        if lived > _LIVED_SECONDS:
            self._backoff.reset()
            self._short_lives = 0
            return
        self._short_lives += 1
        if self._short_lives == _SHORT_LIVES and not self._stop.is_set():
            log.warning(
                "broker %s: accepts and soon hangs up, %d times in a row; another device uses the same id (cloned "
                "card? set device.id), or see the log of the broker",
                self._broker,
                self._short_lives,
            )

    def _read_credentials(self) -> None:
        """Take up a certificate or password that was renewed; one that is unreadable now leaves the old one in use."""
        try:
            self._secrets = read_secrets(self._settings)
        except ConfigError as error:
            self._complain(str(error))

    @property
    def _protocol(self) -> Version:
        return self._protocols[self._broker]

    def _new_client(self) -> paho.Client:
        """Return a client without history, so that paho re-sends nothing on its own: the spool decides."""
        client = new_client(self._settings, self._secrets, self._broker, self._client_id, self._protocol)
        client.max_inflight_messages = _SEND_BUFFER  # the window is kept here: paho does not know the broker's
        client.will_set(self._will.topic, self._will.payload, self._will.qos, self._will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._tokens.clear()
        self._answer = self._ended = None
        self._ended_by_broker = self._reached = self._silent = False
        self._window = _WINDOW
        return client

    def _connect(self, client: paho.Client) -> bool:
        """One attempt, from name resolution to the broker's word; return whether it accepted."""
        try:
            self._shake_hands(client)
        except OSError as error:
            self._complain(explain(error, self._broker, self._settings))
            self._close(client)
            return False
        except (ValueError, LookupError):  # paho takes the answer to a WebSocket's handshake apart without care
            self._complain(f"broker {self._broker}: no MQTT by WebSocket there; check port and path of mqtt.url")
            self._close(client)
            return False
        if self._answer is not None and not self._answer.is_failure:
            return True
        self._close(client)
        if self._answer is not None and not self._may_fall_back():
            self._complain(explain_refusal(self._answer, self._broker))
        elif self._answer is None and not self._may_fall_back() and not self._stop.is_set():
            self._complain(f"broker {self._broker}: something listens there but gives no answer; is it an MQTT broker?")
        return False

    def _shake_hands(self, client: paho.Client) -> None:
        """Connect and wait for CONNACK, a hang-up, or the end of the time allowed."""
        deadline = time.monotonic() + self._settings.connect_seconds
        client.connect(self._broker.host, self._broker.port, self._settings.keepalive_seconds)
        self._reached = True
        while self._answer is None and self._poll_once(client, 0.1) and not self._stop.is_set():
            if time.monotonic() > deadline:
                self._silent = True
                return

    def _may_fall_back(self) -> bool:
        """Whether the broker just refused MQTT 5, by word, by hanging up or by silence, and 3.1.1 is allowed."""
        refused = self._answer is None or str(self._answer) == _UNSUPPORTED_PROTOCOL
        return refused and self._settings.protocol == "auto" and self._protocol == MQTT_5

    def _change_protocol(self) -> bool:
        """After a failed attempt, choose the protocol of the next; return whether it is to be tried at once."""
        if not self._reached:
            return False
        if self._may_fall_back():
            log.info("broker %s refuses MQTT 5; trying 3.1.1", self._broker)
            self._protocols[self._broker] = MQTT_3_1_1
            self._ask_again = self._silent  # a lossy network falls silent, too
            return True
        if self._settings.protocol == "auto" and self._answer is None:
            # It answers neither, which proves nothing about either.
            self._protocols[self._broker] = MQTT_5
        return False

    def _serve(self, client: paho.Client) -> None:
        """Serve a connection until it ends."""
        name = "5" if self._protocol == MQTT_5 else "3.1.1"
        self.state = State.CONNECTED
        self.connections += 1
        log.info("broker %s: connected (MQTT %s)", self._broker, name, extra=journal_fields(broker="connected"))
        self._complained.clear()
        while not self._outbox.empty():
            self._outbox.get()  # meant for a connection that is gone; what matters is in the spool
        if self._subscribe:
            client.subscribe([(topic, 1) for topic in self._subscribe])
        self._emit(Connected(name, self._window))
        leave_at: float | None = None
        while self._ended is None and self._answers():
            self._send_waiting(client)
            if self._stop.is_set() and leave_at is None and self._outbox.empty():
                leave_at = time.monotonic() + _FAREWELL_SECONDS
                if self._farewell is not None:
                    self._send(client, self._farewell)
            if leave_at is not None and (not self._tokens or time.monotonic() > leave_at):
                break
            if not self._poll_once(client, 0.05 if self._stop.is_set() else _TICK):
                break
        if self._stop.is_set() and self._ended is None:
            client.disconnect()
        elif self._ended is not None and self._ended_by_broker:
            self._complain(explain_refusal(self._ended, self._broker, "ended the session"))
        else:
            self._complain(f"broker {self._broker}: connection lost; records wait here until it is back")
        self._close(client)
        self._emit(Disconnected())

    def _answers(self) -> bool:
        """Whether no message has been without acknowledgement for longer than the broker may be silent."""
        oldest = next(iter(self._tokens.values()), None)
        return oldest is None or time.monotonic() - oldest[1] < self._settings.keepalive_seconds

    def _poll_once(self, client: paho.Client, timeout: float) -> bool:
        """Move bytes once; return whether the connection stands."""
        self._polled_at = time.monotonic()
        connection = client.socket()
        if connection is None:
            return False
        with selectors.DefaultSelector() as selector:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
            selector.register(connection, events)
            selector.register(self._wake_in, selectors.EVENT_READ)
            # A TLS or WebSocket connection may hold bytes that the kernel no longer reports.
            pending = getattr(connection, "pending", int)() > 0
            ready = {key.fileobj: mask for key, mask in selector.select(0 if pending else timeout)}
        if self._wake_in in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_in.recv(4096)
        mask = ready.get(connection, 0)
        ok = MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            if (mask & selectors.EVENT_READ or pending) and client.loop_read() != ok:
                return False
            if mask & selectors.EVENT_WRITE and client.loop_write() != ok:
                return False
            return client.loop_misc() == ok
        except Exception as error:  # noqa: BLE001 - nothing that a broker sends may end this thread
            self._complain(f"broker {self._broker}: sent what is no MQTT ({error!r}); check mqtt.url")
            return False

    def _send_waiting(self, client: paho.Client) -> None:
        while len(self._tokens) < self._window and not self._outbox.empty():
            self._send(client, self._outbox.get())

    def _send(self, client: paho.Client, message: Message) -> None:
        info = client.publish(message.topic, message.payload, message.qos, message.retain)
        if message.qos:
            self._tokens[info.mid] = _NO_TOKEN if message.token is None else message.token, time.monotonic()

    def _on_connect(self, _client: Any, _user: Any, _flags: Any, reason: ReasonCode, properties: Any) -> None:  # noqa: ANN401
        self._answer = reason
        self._window = min(_WINDOW, getattr(properties, "ReceiveMaximum", _WINDOW))

    def _on_disconnect(self, _client: Any, _user: Any, flags: Any, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        self._ended = reason
        self._ended_by_broker = bool(flags.is_disconnect_packet_from_server)

    def _on_publish(self, _client: Any, _user: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:  # noqa: ANN401
        token, _sent_at = self._tokens.pop(mid, (_NO_TOKEN, 0.0))
        if reason.is_failure:
            self._complain(explain_refusal(reason, self._broker, "refused a message"))
        if token != _NO_TOKEN:
            self._emit(Refused(token) if reason.is_failure else Acknowledged(token))

    def _on_message(self, _client: Any, _user: Any, message: paho.MQTTMessage) -> None:  # noqa: ANN401
        # The start of an over-long payload is enough to refuse it.
        self._emit(Incoming(message.topic, bytes(message.payload[: MAX_INCOMING + 1]), bool(message.retain)))

    def _on_subscribe(
        self,
        _client: Any,  # noqa: ANN401
        _user: Any,  # noqa: ANN401
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Any,  # noqa: ANN401
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            topics = ", ".join(self._subscribe)
            self._complain(f"broker {self._broker}: commands cannot be heard; let this device read {topics}")

    def _complain(self, line: str) -> None:
        """Say a failure once, not at every attempt."""
        level = logging.DEBUG if line in self._complained else logging.WARNING
        log.log(level, "%s", line, extra=journal_fields(broker="trouble"))
        self._complained.add(line)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # full: it is awake anyway
            self._wake_out.send(b"!")

    @staticmethod
    def _close(client: paho.Client) -> None:
        connection = client.socket()
        if connection is not None:
            connection.close()
