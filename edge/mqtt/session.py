"""The publisher's lasting session with its brokers: one attempt at a time, then a wait with full jitter."""

import enum
import logging
import time
from collections.abc import Callable

from edge.config import Broker, Mqtt
from edge.errors import ConfigError, EdgeError
from edge.mqtt.attempt import Attempt, Outcome
from edge.mqtt.brokers import Brokers
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import (
    BrokerError,
    ConnectCancelled,
    DeviceFault,
    NotAcknowledged,
    RecordsRefused,
    SessionTakenOver,
)
from edge.mqtt.events import Connected, Disconnected, Event, Message, Question
from edge.mqtt.outbox import Outbox
from edge.mqtt.refusals import may_be_a_message
from edge.mqtt.retry import STABLE_SECONDS, Retry
from edge.mqtt.withholding import Withholding
from edge.system.logs import journal_fields
from edge.system.once import OnceLogger
from edge.system.worker import Worker

log = logging.getLogger(__name__)

_LONGEST_ANSWER_SECONDS = 30.0
"""A working broker answers within this time, or the next one of the list is tried."""
_STOP_SECONDS = 15.0
"""A stop waits no longer: an attempt to connect may last minutes, and a watchdog or systemd would kill the process."""
_STUCK_SECONDS = 20.0
"""A connection is polled every second."""


class State(enum.Enum):
    """Where the session is."""

    WAITING = enum.auto()
    CONNECTING = enum.auto()
    CONNECTED = enum.auto()
    STOPPED = enum.auto()


class Session:
    """Runs in a thread of its own; other threads call `publish`, and it calls `on_event` in its own thread.

    Attributes:
        state: where it is.
        connections: how many were accepted so far.

    """

    def __init__(
        self,
        settings: Mqtt,
        client_id: str,
        will: Message,
        on_event: Callable[[Event], None],
        subscribe: tuple[str, ...] = (),
    ) -> None:
        """Check everything that can be checked without a broker; the topics `subscribe` are subscribed once connected.

        Raises:
            ConfigError: a certificate, key or password file cannot be used.

        """
        self.state = State.WAITING
        self.connections = 0
        self._emit = on_event
        self._subscribe = subscribe
        self._connector = Connector(Login(settings, read_secrets(settings), client_id, will))
        self._brokers = Brokers(settings.brokers, min(settings.keepalive_seconds, _LONGEST_ANSWER_SECONDS))
        self._outbox = Outbox()
        self._retry = Retry(settings.retry_cap_seconds)
        self._failures = OnceLogger(log)
        self._withholding = Withholding()
        self._attempt: Attempt | None = None
        self._thread = Worker(self._run, "mqtt")

    @property
    def healthy(self) -> bool:
        """Whether its thread lives and, while connected, moves; without a broker it waits, which is healthy."""
        attempt = self._attempt
        moves = attempt is None or time.monotonic() - attempt.polled_at < _STUCK_SECONDS
        return self._thread.is_alive() and moves

    @property
    def withheld(self) -> tuple[str, ...]:
        """What is not published on this connection, because the broker does not take it; any thread may ask."""
        return self._withholding.names

    @property
    def refusals_visible(self) -> bool | None:
        """Whether a record that the broker denies would be noticed; None without a connection. Any thread may ask."""
        attempt = self._attempt
        return None if attempt is None else attempt.refusals_visible

    def check(self) -> None:
        """Raise what ended its thread, if anything did."""
        self._thread.check()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def publish(self, message: Message) -> None:
        """Hand over a message; it is dropped without a report if the connection ends first."""
        self._outbox.put(message)

    def ask(self, question: Question) -> None:
        """Ask what the broker retains; `Retained` is the answer, unless the connection ends first."""
        self._outbox.put(question)

    def stop(self, farewell: Message) -> None:
        """Publish a last message if connected, wait for its acknowledgement (at most 3 s), disconnect; once only.

        An attempt to connect that does not end within 15 s is left behind: it logs nobody in, and then its thread ends.
        """
        if self._outbox.stopped.is_set():
            return
        self._outbox.stop(farewell)
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
            self._outbox.left = True
        if not self._thread.is_alive():
            self._outbox.close()

    def _run(self) -> None:
        try:
            self._try_until_stopped()
        finally:
            if self._outbox.left:  # nobody waits for this thread any more
                self._outbox.close()

    def _try_until_stopped(self) -> None:
        stopped = self._outbox.stopped
        while not stopped.is_set():
            ended = self._try_each()
            self.state = State.WAITING
            stopped.wait(self._retry.wait(taken_over=isinstance(ended, SessionTakenOver)))
        self.state = State.STOPPED

    def _try_each(self) -> BrokerError | None:
        """Try the brokers in order until one has been served; return how that ended."""
        self._read_credentials()
        stopped = self._outbox.stopped
        for broker in self._brokers.in_order():
            if stopped.is_set():
                break
            self.state = State.CONNECTING
            try:
                connection = self._connector.connect(broker, stopped.is_set)
            except ConnectCancelled:
                break
            except BrokerError as error:
                self._log_once(error)
            except OSError as error:  # of this device, such as no more descriptors
                self._log_once(DeviceFault(broker, error))
            else:
                return self._serve(connection)
        return None

    def _read_credentials(self) -> None:
        """Load a certificate or password that was renewed; where one cannot be read now, the old one stays in use."""
        try:
            secrets = read_secrets(self._connector.login.settings)
        except ConfigError as error:
            self._log_once(error)
        except OSError as error:
            log.debug("certificates and passwords are not read again: %s", error)
        else:
            self._connector.login = self._connector.login._replace(secrets=secrets)

    def _serve(self, connection: Connection) -> BrokerError | None:
        """Serve a connection to its end; return why it ended, None where the session was stopped."""
        broker = connection.broker
        begun = time.monotonic()
        attempt = self._attempt = Attempt(
            connection,
            self._outbox,
            self._emit,
            self._log_once,
            self._brokers,
            self._withholding,
        )
        self.state = State.CONNECTED
        self.connections += 1
        extra = journal_fields(broker="connected")
        log.info("broker %s: connected (MQTT %s)", broker, connection.protocol, extra=extra)
        if not self._retry.short_sessions:  # else the same failure goes on, and was logged
            self._failures.forget()
        if connection.weakness is not None:
            self._log_once(connection.weakness, lasting=True)
        self._log_limits(connection)
        self._outbox.drop()
        self._emit(Connected(connection.protocol, connection.window))
        ended = attempt.serve(self._subscribe)
        self._attempt = None
        if ended is not None:
            self._log_once(ended)
        self._emit(Disconnected())
        seconds = time.monotonic() - begun
        self._record(broker, seconds, ended, attempt.unanswered)
        self._judge(broker, seconds, ended, attempt.outcome)
        return ended

    def _judge(self, broker: Broker, seconds: float, ended: BrokerError | None, outcome: Outcome) -> None:
        """Let a broker that did not deliver stand behind the others."""
        if ended is None or isinstance(ended, SessionTakenOver | DeviceFault) or self._outbox.stopped.is_set():
            return
        delivered = seconds > STABLE_SECONDS and (outcome.accepted > 0 or not outcome.offered)
        if delivered and not isinstance(ended, NotAcknowledged | RecordsRefused):
            self._brokers.worked(broker, outcome.slowest)
            return
        hold = self._brokers.failed(broker)
        if self._brokers.is_another_free(broker):
            log.warning("broker %s: did not deliver; the other addresses are tried first for %.0f s", broker, hold)

    def _record(
        self, broker: Broker, seconds: float, ended: BrokerError | None, unanswered: dict[str, Message]
    ) -> None:
        """Draw conclusions from how long a connection lasted, seconds, how it ended, and what had no answer then."""
        sizes = ", ".join(f"{name} ({len(message.payload.encode())} bytes)" for name, message in unanswered.items())
        again = self._retry.record(seconds)
        if ended is None or self._outbox.stopped.is_set():
            return
        if may_be_a_message(ended):
            names = [message.name for message in unanswered.values() if message.name is not None]
            withheld = self._withholding.ended(seconds, names)
            if withheld is not None:
                log.warning(
                    "broker %s: ends each session at once, without an answer to %s; %s is withheld from now on, "
                    "so that the counts go on; raise the broker's largest message to 16 KiB, or see its log",
                    broker,
                    sizes,
                    withheld,
                )
        if again and not isinstance(ended, SessionTakenOver):
            log.warning(
                "broker %s: accepts and soon ends the session, %d times in a row, without an answer to %s; see the "
                "log of the broker",
                broker,
                self._retry.short_sessions,
                sizes or "nothing",
            )

    def _log_limits(self, connection: Connection) -> None:
        """Log once for good what this device does without, because the broker said that it does not take it."""
        broker, limits = connection.broker, connection.limits
        if not limits.retain:
            problem = "keeps no messages, so status, info and pause reach only who is connected"
            remedy = "let the broker take retained messages"
            self._log_once(BrokerError(broker, problem, remedy), lasting=True)
        if not limits.qos:
            problem = "acknowledges nothing (it takes QoS 0 only), so a lost connection can lose records"
            self._log_once(BrokerError(broker, problem, "let the broker take QoS 1"), lasting=True)

    def _log_once(self, error: EdgeError, *, lasting: bool = False) -> None:
        """Log an error once until the next connection, or once for good where it is `lasting`."""
        # As text: a handler that keeps the error would keep its frames, and with them this session.
        self._failures.warning(error.facts, "%s", str(error), extra=journal_fields(broker="trouble"), lasting=lasting)
