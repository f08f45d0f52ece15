"""Watches devices and hub, and sends the receivers what needs a person."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from edge.errors import EdgeError
from edge.hub.alerts import kept
from edge.hub.alerts.delivery import Outcome, Receiver, receivers
from edge.hub.alerts.facts import Facts
from edge.hub.alerts.looking import Looking
from edge.hub.alerts.notifications import Notified, news, take
from edge.hub.alerts.rules import Alert, Rules
from edge.hub.alerts.symptoms import Key
from edge.hub.alerts.wording import test_text, text_of
from edge.hub.broker.ingest import State
from edge.hub.broker.now import Now
from edge.hub.errors import HubBusy
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.thread import HubThread
from edge.system.backoff import Backoff
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

_TURN_SECONDS = 5.0
_RETRY_CAP_SECONDS = 600.0
_FAREWELL_SECONDS = 5.0


@dataclass
class Tally:
    """Messages since the start; other threads read it."""

    sent: int = 0
    failed: int = 0


@dataclass
class _Recipient:
    """A receiver and what it knows. What it does not know waits in the rules: there is no queue that could overflow."""

    receiver: Receiver
    known: dict[Key, Notified]
    backoff: Backoff = field(default_factory=lambda: Backoff(_RETRY_CAP_SECONDS))
    retry_at: float = 0.0


class Alerts:
    """Runs in a thread of its own until `close`; `open` and `test` are for any other thread.

    Attributes:
        tally: how many messages were sent.
        settings: what makes an alert, and when it is sent.

    """

    def __init__(
        self,
        settings: HubSettings,
        database: Database,
        looking: Looking,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare; `on_failure` is called where the thread ends before `close`, and `check` then raises why.

        Raises:
            ConfigError: the file of the addresses cannot be used, or Apprise is not installed.
            EdgeError: the database cannot be read now.

        """
        self.tally = Tally()
        self.settings = settings.alerts
        self._database = database
        self._looking = looking
        found = receivers(settings.alerts.urls_file)
        self._kept = kept.load(database) if found else {}
        self._rules = Rules(settings.alerts, {key: each.alert for key, each in self._kept.items()})
        self._open: Mapping[Key, Alert] = {}
        self._recipients = [_Recipient(each, dict(self._kept)) for each in found]
        self._sending = threading.Lock()
        self._failures = OnceLogger(log)
        self._worker = HubThread(self._run, "alerts", on_failure)

    @classmethod
    def of(
        cls,
        settings: HubSettings,
        database: Database,
        now: Now,
        state: Callable[[], State],
        on_failure: Callable[[], None] = lambda: None,
    ) -> "Alerts":
        """Return the alerts of a hub."""
        return cls(settings, database, Looking(settings, database, now, state), on_failure)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._worker.start()

    def close(self) -> None:
        """End; what was not sent yet is sent after the next start."""
        self._worker.closing.set()
        self._worker.join(_FAREWELL_SECONDS)

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    @property
    def configured(self) -> bool:
        """Whether there is a receiver."""
        return bool(self._recipients)

    @property
    def receivers(self) -> list[str]:
        """Each receiver by its line and the kind of its service: nothing of its address."""
        return [each.receiver.name for each in self._recipients]

    def open(self) -> list[Alert]:
        """Return the alerts that are not over, oldest first."""
        return sorted(self._open.values(), key=lambda each: each.since)

    def test(self) -> list[Outcome]:
        """Send a test message to all receivers at once, also in quiet hours; return what became of it.

        Raises:
            HubBusy: other messages are being sent.

        """
        if not self._sending.acquire(timeout=_FAREWELL_SECONDS):
            raise HubBusy("the hub", "is sending other messages", "try again in a minute")
        try:
            text = test_text(time.time(), self.settings.zone)
            return [self._counted(each.receiver.send(text)) for each in self._recipients]
        finally:
            self._sending.release()

    def _run(self) -> None:
        while not self._worker.closing.is_set():
            self.turn()
            self._worker.closing.wait(_TURN_SECONDS)

    def turn(self) -> None:
        """Look once, and send what is new."""
        facts = self._looking.facts()
        gone = self._rules.step(facts)
        self._open = self._rules.open
        for each in self._recipients:
            for key in gone:
                each.known.pop(key, None)
            if facts.monotonic >= each.retry_at and not self._worker.closing.is_set():
                self._notify(each, facts)
        self._keep()

    def _notify(self, recipient: _Recipient, facts: Facts) -> None:
        """Send a receiver what it does not know; where that fails, all of it is sent later, as it is then."""
        said = news(self._open, recipient.known, self.settings, facts.time)
        if not said:
            return
        with self._sending:
            outcome = self._counted(recipient.receiver.send(text_of(said, self.settings.zone)))
        if outcome.problem:
            recipient.retry_at = facts.monotonic + recipient.backoff.next()
            self._failures.warning(outcome, "alerts: line %s: %s; trying again", outcome.receiver, outcome.problem)
            return
        if recipient.retry_at:
            recipient.backoff.reset()
            recipient.retry_at = 0.0
            self._failures.forget()
        recipient.known = take(recipient.known, said, facts.time)
        log.info("alerts: line %s has a message: %d new, %d over", outcome.receiver, len(said.new), len(said.over))

    def _counted(self, outcome: Outcome) -> Outcome:
        if outcome.problem:
            self.tally.failed += 1
        else:
            self.tally.sent += 1
        return outcome

    def _keep(self) -> None:
        """Keep what all receivers know: who missed something hears it after a restart, the others then twice."""
        known = _known_to_all([each.known for each in self._recipients])
        if known == self._kept:
            return
        try:
            kept.save(self._database, known)
            self._kept = known
        except EdgeError as error:  # such as a full disk, of which the message has just gone out
            self._failures.warning(error.facts, "%s; a restart would repeat alerts", str(error))


def _known_to_all(known: Sequence[Mapping[Key, Notified]]) -> dict[Key, Notified]:
    first, *others = known or [{}]
    return {key: each for key, each in first.items() if all(key in other for other in others)}
