"""From the broker into the store: a message is acknowledged only after it is committed."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from edge.contract.reading import Place, RefusedMessage
from edge.contract.records import Health, PublishedRecord
from edge.errors import ConfigError, EdgeError
from edge.hub.broker.now import RETAINED, News, read_news
from edge.hub.broker.reconnecting import keep_connected
from edge.hub.settings import HubSettings
from edge.hub.store.writer import Message, Store
from edge.hub.thread import HubThread
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import AuthenticationFailed, BrokerExceeds
from edge.mqtt.events import MAX_UNACKNOWLEDGED, Incoming, Subscribed
from edge.system.backoff import Backoff
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

LEAVES = ("counts", "counts/backfill", "health", *RETAINED)
SESSION_SECONDS = 14 * 24 * 3600
"""How long the broker keeps what arrives while the hub is down."""
_COMMIT_SECONDS = 1.0
"""A message waits so long for others, to be committed with them; each commit is a write to the disk."""
_IDLE_SECONDS = 0.1
_SMALL_WINDOW = 20
"""So many messages, and a silence of `_IDLE_SECONDS`: a broker of MQTT 3.1.1 may wait for acknowledgements."""
_FULL_BATCH = MAX_UNACKNOWLEDGED // 2
_POLL_SECONDS = 0.5
_PRUNE_SECONDS = 60.0
_HANG_SECONDS = 120.0
"""A commit or a deletion on a slow card takes seconds; a thread that has not turned for so long hangs."""


@dataclass
class State:
    """What the ingestion knows of itself, for the page and the API; other threads read it.

    Attributes:
        connected: whether the broker sends.
        problem: what keeps it from storing now; empty where nothing does.
        stored: records since the start.
        repeated: records that were there already, since the start.
        refused: messages that were not stored, by reason, since the start.
        waiting: messages that came and are not stored yet.
        waiting_since: when the oldest of these came, in seconds of `time.monotonic`; None where there is none.
        due: when the thread turns again at the latest, in seconds of `time.monotonic`; later it hangs.

    """

    connected: bool = False
    problem: str = ""
    stored: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    waiting_since: float | None = None
    due: float = float("inf")

    def turn(self, seconds: float = 0.0) -> None:
        """Note that the thread works; it waits for at most `seconds` before its next turn."""
        self.due = time.monotonic() + seconds + _HANG_SECONDS

    def wait(self, messages: int, since: float) -> None:
        """Note how many messages are not stored yet, and when the oldest of them came."""
        self.waiting, self.waiting_since = messages, since if messages else None


class Batch:
    """Messages that wait for their commit."""

    def __init__(self) -> None:
        self.arrived: list[Incoming] = []
        self.messages: list[tuple[Place, Message]] = []
        self.unstored: list[News] = []
        self.refused: Counter[str] = Counter()
        self.since = 0.0

    def add(self, base: str, message: Incoming) -> None:
        """Check a message and take it in."""
        self.since = self.since if self.arrived else time.monotonic()
        self.arrived.append(message)
        try:
            place, content = news = read_news(base, message.topic, message.payload)
        except RefusedMessage as error:
            self.refused[error.breach] += 1
            return
        if isinstance(content, PublishedRecord | Health):
            self.messages.append((place, content))
        else:
            self.unstored.append(news)

    @property
    def due(self) -> bool:
        """Whether nothing is worth waiting for."""
        many = len(self.arrived) >= _FULL_BATCH
        return many or (bool(self.arrived) and time.monotonic() - self.since >= _COMMIT_SECONDS)


class Ingest:
    """Runs in a thread of its own until `close`.

    Attributes:
        state: for other threads to read.

    """

    def __init__(
        self,
        settings: HubSettings,
        store: Store,
        on_new: Callable[[Sequence[News]], None],
        on_failure: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            settings: of the hub.
            store: of this thread alone, once it is started.
            on_new: gets what was committed, and what needs no database; is called in this thread.
            on_failure: is called where the thread ends before `close`; `check` then raises why.

        Raises:
            ConfigError: a certificate or password file cannot be used.

        """
        self.state = State()
        self._settings = settings
        self._store = store
        self._on_new = on_new
        secrets = read_secrets(settings.mqtt)
        login = Login(settings.mqtt, secrets, settings.client_id, session_seconds=SESSION_SECONDS)
        self._connector = Connector(login)
        self._failures = OnceLogger(log)
        self._pruned_at = 0.0
        self._worker = HubThread(self._run, "ingest", on_failure)

    @property
    def _topics(self) -> str:
        return f"{self._settings.mqtt.base}/{self._settings.site or '+'}/+"

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._worker.start()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    def close(self) -> None:
        """Commit what has come, hang up; the broker keeps what follows."""
        self._worker.closing.set()
        self._worker.join(self._settings.mqtt.connect_seconds + 10 * _POLL_SECONDS)

    def _run(self) -> None:
        keep_connected(self._connector, self._worker.closing, self._serve, self._report, self.state.turn)

    def _serve(self, connection: Connection) -> None:
        """Store what comes until `close`; raise `BrokerError` where the connection ends before."""
        log.info(
            "broker %s: connected (MQTT %s), %s",
            connection.broker,
            connection.protocol,
            "with what it kept" if connection.resumed else "without a session: it kept nothing from before",
        )
        try:
            self._store_from(connection)
        finally:
            self.state.connected = False
            self.state.wait(0, 0.0)  # the broker sends them again

    def _store_from(self, connection: Connection) -> None:
        connection.subscribe([(f"{self._topics}/{leaf}", 1) for leaf in LEAVES])
        batch = Batch()
        backoff, retry_at = Backoff(self._settings.mqtt.retry_cap_seconds), 0.0
        while not self._worker.closing.is_set():
            self.state.turn()
            events = connection.poll(_IDLE_SECONDS if batch.arrived else _POLL_SECONDS)
            for event in events:
                match event:
                    case Subscribed(granted):
                        self._subscribed(connection, granted)
                    case Incoming():
                        self._add(connection, batch, event)
            self.state.wait(len(batch.arrived), batch.since)
            idle = not events and len(batch.arrived) >= _SMALL_WINDOW
            if (batch.due or idle) and time.monotonic() >= retry_at:
                if self._commit(connection, batch):
                    batch = Batch()
                    self.state.wait(0, 0.0)
                    backoff.reset()
                else:
                    retry_at = time.monotonic() + backoff.next()
            self._prune()
        if batch.arrived:
            self._commit(connection, batch)
        connection.disconnect()

    def _subscribed(self, connection: Connection, granted: Sequence[bool]) -> None:
        if not all(granted):
            problem = f"denies this user the right to read {self._topics}/{{{','.join(LEAVES)}}}"
            remedy = "make a login that may: emotion-edge-credentials dashboard SITE NAME on the broker"
            raise AuthenticationFailed(connection.broker, 0x87, problem, remedy)
        self.state.connected = True
        self.state.problem = ""
        self._failures.forget()

    def _add(self, connection: Connection, batch: Batch, message: Incoming) -> None:
        """Take a message in, so many at most: while the database takes nothing, the broker has to keep the rest."""
        if len(batch.arrived) < 2 * MAX_UNACKNOWLEDGED:
            batch.add(self._settings.mqtt.base, message)
        elif message.qos:
            problem = f"sends more than {2 * MAX_UNACKNOWLEDGED} messages without an acknowledgement"
            raise BrokerExceeds(connection.broker, problem, "let it send fewer: max_inflight_messages in Mosquitto")
        else:
            self.state.refused["no room while the database takes nothing"] += 1

    def _commit(self, connection: Connection, batch: Batch) -> bool:
        """Write messages, then let the broker forget them; return whether that was possible.

        Raises:
            ConfigError: the database is damaged; it does not help to try again.

        """
        try:
            written = self._store.write(batch.messages, batch.refused)
        except ConfigError:
            raise
        except EdgeError as error:
            self._report(error)
            return False
        for message in batch.arrived:
            connection.acknowledge(message)
        new = sum(isinstance(each, PublishedRecord) for each in written.new)
        records = sum(isinstance(each, PublishedRecord) for _place, each in batch.messages)
        if self.state.problem:
            self._failures.forget()  # the same failure is a new one when it comes again
        self.state.problem = ""
        self.state.stored += new
        self.state.refused += written.refused
        self.state.repeated += max(0, records - new - (written.refused - batch.refused).total())
        kept = {id(message) for message in written.new}
        self._on_new([News(*each) for each in batch.messages if id(each[1]) in kept] + batch.unstored)
        return True

    def _prune(self) -> None:
        keep = self._settings.store.keep_days
        now = time.monotonic()
        if not keep or (self._pruned_at and now - self._pruned_at < _PRUNE_SECONDS):
            return
        try:
            if not self._store.prune(keep * 86_400, datetime.now(UTC).timestamp()):
                self._pruned_at = now
        except ConfigError:
            raise
        except EdgeError as error:
            self._pruned_at = now
            self._report(error)

    def _report(self, error: EdgeError) -> None:
        self.state.problem = str(error)
        self._failures.warning(error.facts, "%s; trying again", str(error))
