"""What a session does with one connection, from the broker's acceptance to the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.mqtt.brokers import Brokers
from edge.mqtt.connection import Connection
from edge.mqtt.errors import (
    BrokerError,
    ConnectionLost,
    DeviceFault,
    MessageTooLarge,
    NotAcknowledged,
    RecordsRefused,
)
from edge.mqtt.events import (
    Acknowledged,
    ConnectionEvent,
    Event,
    Incoming,
    Message,
    Published,
    Question,
    Refused,
    Subscribed,
    Unheard,
    Withheld,
)
from edge.mqtt.hear_back import HearBack
from edge.mqtt.inbox import Inbox
from edge.mqtt.outbox import Outbox
from edge.mqtt.withholding import Withholding

FAREWELL_SECONDS = 3.0
_SUSPECT_SECONDS = 5.0
"""A broker that does not take a message ends the session at once."""
_POLL_SECONDS = 1.0
_LEAVING_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class _Sent:
    """A message that was sent; `qos` as the broker takes it."""

    message: Message
    qos: int
    at: float


@dataclass
class Outcome:
    """What became of the records of a connection.

    Attributes:
        offered: how many were sent, or were too large for it.
        accepted: how many the broker took.
        slowest: seconds of its slowest answer.

    """

    offered: int = 0
    accepted: int = 0
    slowest: float = 0.0
    _newest: float = 0.0
    _overtaken: tuple[float, float] | None = None
    _refuses_since: float | None = None

    def answered(self, sent_at: float, now: float, *, accepted: bool) -> None:
        """Note an answer; both times are monotonic."""
        self.slowest = max(self.slowest, now - sent_at)
        self._newest = max(self._newest, sent_at)
        if accepted:
            self.accepted += 1
            self._refuses_since = None
        else:
            self._refused(now)

    def too_large(self, now: float) -> None:
        """Note a record that was not sent, as the broker takes no packet of that size: it refuses as by an answer."""
        self.offered += 1
        self._refused(now)

    def _refused(self, now: float) -> None:
        if self._refuses_since is None:
            self._refuses_since = now

    def overtaken(self, sent_at: float, now: float) -> float | None:
        """Return for how many seconds later records have had an answer; None where the broker answers in order."""
        if self._newest <= sent_at:
            return None
        if self._overtaken is None or self._overtaken[0] != sent_at:
            self._overtaken = (sent_at, now)
        return now - self._overtaken[1]

    def refused_for(self, now: float) -> float:
        """Return for how many seconds records have been refused without one that was taken."""
        return 0.0 if self._refuses_since is None else now - self._refuses_since


class Attempt:
    """Publishes what the outbox holds within the broker's window, and reports what comes back.

    Attributes:
        polled_at: monotonic time at which the connection was last served.
        outcome: what became of the records so far.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it publishes, and whom it tells
        self,
        connection: Connection,
        outbox: Outbox,
        emit: Callable[[Event], None],
        log_once: Callable[[BrokerError], None],
        brokers: Brokers,
        withholding: Withholding,
    ) -> None:
        """Prepare; a message that is not acknowledged within the patience of `brokers` ends the attempt."""
        withholding.connected(connection.broker)
        self.polled_at = time.monotonic()
        self.outcome = Outcome()
        self._connection = connection
        self._outbox = outbox
        self._emit = emit
        self._log_once = log_once
        self._brokers = brokers
        self._hear_back = HearBack(connection, brokers, emit, log_once)
        self._withholding = withholding
        self._inbox = Inbox(connection, emit, log_once)
        self._sent: dict[int, _Sent] = {}
        self._leave_at: float | None = None

    def serve(self, subscribe: tuple[str, ...]) -> BrokerError | None:
        """Subscribe and serve until the connection ends; return the reason, None where the session was stopped."""
        try:
            self._inbox.subscribe(subscribe)
            while not self._may_leave():
                self._poll_once()
            self._connection.disconnect()
        except ConnectionLost as error:
            return ConnectionLost(error.broker, error.problem, "records wait here until it is back")
        except BrokerError as error:
            return error
        except OSError as error:
            return DeviceFault(self._connection.broker, error)
        finally:
            self._connection.close()
        return None

    @property
    def refusals_visible(self) -> bool | None:
        """Whether a record that the broker denies would be noticed; None while that is not known yet."""
        return self._hear_back.refusals_visible

    @property
    def unanswered(self) -> dict[str, Message]:
        """What was sent within the last 5 s and not acknowledged, by name; a record is `counts`."""
        since = time.monotonic() - _SUSPECT_SECONDS
        return self._inbox.unanswered | {
            sent.message.name or "counts": sent.message for sent in self._sent.values() if sent.at > since
        }

    @property
    def _waiting(self) -> int:
        """How many messages the broker has yet to acknowledge."""
        return sum(sent.qos > 0 for sent in self._sent.values())

    def _poll_once(self) -> None:
        """Send what may be sent, then move bytes; raise `BrokerError` once the connection has ended."""
        while self._waiting < self._connection.window and not self._outbox.empty:
            match self._outbox.take():
                case Question() as question:
                    self._inbox.ask(question)
                case Message() as message:
                    self._send(message)
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
        return self._leave_at is not None and (not self._waiting or time.monotonic() > self._leave_at)

    def _check_answers(self) -> None:
        """Raise `ConnectionLost` where a message has waited too long for its acknowledgement."""
        self._forget_unacknowledged(time.monotonic() - _SUSPECT_SECONDS)
        self._hear_back.run_due()
        self._inbox.run_due()
        self._check_refusals()
        oldest = next((sent for sent in self._sent.values() if sent.qos), None)
        if oldest is None:
            return
        now, broker = time.monotonic(), self._connection.broker
        silence, longest = now - max(oldest.at, self._connection.heard_at), self._brokers.answer_seconds
        if silence >= longest:
            raise ConnectionLost(broker, f"connection lost, no answer within {longest:g} s", "")
        if silence >= longest / 2:
            self._connection.ping()
        overtaken = self.outcome.overtaken(oldest.at, now)
        if overtaken is not None and overtaken >= longest:
            raise BrokerError(
                broker, "has acknowledged later messages and left one out", "it is sent again; see its log"
            )
        patience = self._brokers.patience(broker)
        if overtaken is None and now - oldest.at >= patience:
            self._brokers.was_slow(broker)
            problem = f"is alive, and has not acknowledged a message for {patience:g} s"
            raise NotAcknowledged(broker, problem, "see its load, its disk and its log; records wait here")

    def _check_refusals(self) -> None:
        """Raise `RecordsRefused` where the broker takes no record and another one may."""
        broker, longest = self._connection.broker, self._brokers.answer_seconds
        if self.outcome.refused_for(time.monotonic()) >= longest and self._brokers.is_another_free(broker):
            problem = f"has refused every record for {longest:g} s"
            raise RecordsRefused(broker, problem, "the next broker of {} is tried", "mqtt.url")

    def _send(self, message: Message) -> None:
        if message.name in self._withholding.names:
            return
        is_record = _is_record(message)
        if is_record:
            self._hear_back.before_sending(message)
        try:
            packet_id = self._connection.publish(message)
        except MessageTooLarge as error:
            self._withhold(message, error)
        else:
            qos = self._connection.limits.reduce(message).qos
            self._sent[packet_id] = _Sent(message, qos, time.monotonic())
            self.outcome.offered += is_record

    def _forget_unacknowledged(self, before: float) -> None:
        """Forget what was sent at QoS 0, which brings no answer, before a monotonic time."""
        self._sent = {number: sent for number, sent in self._sent.items() if sent.qos or sent.at > before}

    def _withhold(self, message: Message, error: MessageTooLarge) -> None:
        self._log_once(error)
        if _is_record(message):
            self.outcome.too_large(time.monotonic())
        if message.token is not None:
            self._emit(Refused(message.token))
        elif message.name is not None and self._withholding.too_large(message.name):
            self._emit(Withheld(message.name))

    def _take(self, event: ConnectionEvent) -> None:
        match event:
            case Published():
                self._answered(event)
            case Incoming() if self._hear_back.takes(event):
                pass
            case Subscribed(granted, packet_id) if self._hear_back.granted(packet_id, granted=all(granted)):
                pass
            case Incoming() | Subscribed():
                self._inbox.take(event)

    def _answered(self, answer: Published) -> None:
        """Take note that the broker has a message, or refused it; at QoS 0, that the bytes are sent."""
        sent = self._sent.get(answer.packet_id)
        if sent is None:
            return
        if sent.qos:
            del self._sent[answer.packet_id]
            # A broker reads in order: it has what was sent before at QoS 0, too.
            self._forget_unacknowledged(sent.at)
        if answer.error is not None:
            self._log_once(answer.error)
        if _is_record(sent.message):
            self.outcome.answered(sent.at, time.monotonic(), accepted=answer.error is None)
            self._report(sent.message, answer)
        elif sent.message.token is not None:
            token = sent.message.token
            self._emit(Acknowledged(token) if answer.error is None else Refused(token))

    def _report(self, record: Message, answer: Published) -> None:
        """Report what the broker answered to a record."""
        assert record.token is not None
        if answer.error is not None:
            self._emit(Refused(record.token))
        elif answer.unheard:
            problem = f"has nobody who subscribed to {record.topic}"
            remedy = "start what stores the records, with a persistent session; see {}"
            self._log_once(BrokerError(self._connection.broker, problem, remedy, "mqtt.no_subscriber"))
            self._emit(Unheard(record.token))
        else:
            self._hear_back.acknowledged(record)


def _is_record(message: Message) -> bool:
    """Whether it is a record: what the device publishes about itself has a name."""
    return message.token is not None and message.name is None
