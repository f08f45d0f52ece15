"""What a session does with one connection, from the broker's acceptance to the end."""

import time
from collections.abc import Callable

from edge.mqtt.connection import Connection
from edge.mqtt.errors import BrokerError, ConnectionLost
from edge.mqtt.events import (
    MAX_INCOMING,
    Acknowledged,
    ConnectionEvent,
    Event,
    Incoming,
    Message,
    Published,
    Refused,
    Subscribed,
)
from edge.mqtt.outbox import Outbox

FAREWELL_SECONDS = 3.0
_POLL_SECONDS = 1.0
_LEAVING_POLL_SECONDS = 0.05
_NO_TOKEN = -1


class Attempt:
    """Publishes what the outbox holds within the broker's window, and reports what comes back.

    Attributes:
        polled_at: monotonic time at which the connection was last served.

    """

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        emit: Callable[[Event], None],
        log_once: Callable[[BrokerError], None],
        answer_seconds: float,
    ) -> None:
        """Prepare; a message that is not acknowledged within `answer_seconds` ends the attempt."""
        self.polled_at = time.monotonic()
        self._connection = connection
        self._outbox = outbox
        self._emit = emit
        self._log_once = log_once
        self._answer_seconds = answer_seconds
        self._tokens: dict[int, tuple[int, float]] = {}
        self._subscribed: tuple[str, ...] = ()
        self._leave_at: float | None = None

    def serve(self, subscribe: tuple[str, ...]) -> BrokerError | None:
        """Subscribe and serve until the connection ends; return the reason, None where the session was stopped."""
        self._subscribed = subscribe
        try:
            if subscribe:
                self._connection.subscribe([(topic, 1) for topic in subscribe])
            while not self._may_leave():
                self._poll_once()
            self._connection.disconnect()
        except ConnectionLost as error:
            return ConnectionLost(error.broker, error.problem, "records wait here until it is back")
        except BrokerError as error:
            return error
        finally:
            self._connection.close()
        return None

    def _poll_once(self) -> None:
        """Send what may be sent, then move bytes; raise `BrokerError` once the connection has ended."""
        while len(self._tokens) < self._connection.window and not self._outbox.empty:
            self._send(self._outbox.take())
        self._begin_to_leave()
        self._check_answers()
        self.polled_at = time.monotonic()
        stopping = self._outbox.stopped.is_set()
        for event in self._connection.poll(_LEAVING_POLL_SECONDS if stopping else _POLL_SECONDS, self._outbox.wake):
            self._take(event)
        self._outbox.clear_wake()

    def _begin_to_leave(self) -> None:
        if self._outbox.stopped.is_set() and self._leave_at is None and self._outbox.empty:
            self._leave_at = time.monotonic() + FAREWELL_SECONDS
            if self._outbox.farewell is not None:
                self._send(self._outbox.farewell)

    def _may_leave(self) -> bool:
        return self._leave_at is not None and (not self._tokens or time.monotonic() > self._leave_at)

    def _check_answers(self) -> None:
        """Raise `ConnectionLost` where a message has waited too long for its acknowledgement."""
        oldest = next(iter(self._tokens.values()), None)
        if oldest is not None and time.monotonic() - oldest[1] >= self._answer_seconds:
            problem = f"connection lost, no acknowledgement within {self._answer_seconds:g} s"
            raise ConnectionLost(self._connection.broker, problem, "")

    def _send(self, message: Message) -> None:
        packet_id = self._connection.publish(message)
        if message.qos:
            self._tokens[packet_id] = _NO_TOKEN if message.token is None else message.token, time.monotonic()

    def _take(self, event: ConnectionEvent) -> None:
        match event:
            case Published(packet_id, error):
                token, _sent_at = self._tokens.pop(packet_id, (_NO_TOKEN, 0.0))
                if error is not None:
                    self._log_once(error)
                if token != _NO_TOKEN:
                    self._emit(Acknowledged(token) if error is None else Refused(token))
            case Incoming():
                # The start of an over-long payload is enough to refuse it.
                self._emit(Incoming(event.topic, event.payload[: MAX_INCOMING + 1], event.retained))
            case Subscribed(granted) if not all(granted):
                remedy = f"let this device read {', '.join(self._subscribed)}"
                self._log_once(BrokerError(self._connection.broker, "commands cannot be received", remedy))
