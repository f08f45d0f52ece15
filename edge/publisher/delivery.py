"""The road of a record: from the door through the spool to the broker's acknowledgement, none lost, none in the way."""

import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from edge.contract.phase import phase
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from edge.system.backoff import Backoff
from edge.system.clock import Restamper, is_synchronised

_BACKLOG_A_SECOND = 30.0
"""A day's outage at 10 s (8,640 records) is made up for in five minutes; a fleet's return is bounded."""
_BURST = 8.0
_RESERVED = 4
"""Places in the broker's window that the backlog leaves to live records and to what is retained."""
_MEMORY_SECONDS = 5.0
"""So long a record is in memory only while the connection stands."""
_ATTEMPTS = 3
_REFUSED_CAP_SECONDS = 300.0
_IDLE_SECONDS = 0.5


class Delivery:
    """Decides which record is sent when, on which topic, and when its sender may forget it.

    A record that ended within the last interval is live: it goes out on `counts`, at this device's phase of the
    interval. Everything else is backlog: oldest first on `counts/backfill`, at a bounded rate, and only as far as the
    broker's window leaves room for live records. A record that the broker refuses stays, the backlog is tried again
    after a jittered delay, and one that is refused again and again no longer holds up the others.
    """

    def __init__(  # noqa: PLR0913 - what tests replace is passed in
        self,
        spool: Spool,
        topics: Topics,
        interval_seconds: int,
        device: str,
        send: Callable[[Message], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool] = is_synchronised,
    ) -> None:
        self._spool = spool
        self._topics = topics
        self._interval = interval_seconds
        self._phase = phase(device, interval_seconds)
        self._send_message = send
        self._monotonic = monotonic
        self._synchronised = synchronised
        self._window = 0
        self._tokens = itertools.count(1)
        self._in_flight: dict[int, tuple[QueuedRecord, str]] = {}
        self._live: deque[tuple[float, QueuedRecord]] = deque()
        self._backlog: deque[QueuedRecord] = deque()
        self._cursor = 0
        self._budget = _BURST
        self._budget_at = monotonic()
        self._backoff = Backoff(_REFUSED_CAP_SECONDS)
        self._refused: dict[tuple[str, int], int] = {}
        self._held_until = 0.0
        self._live_refused = False
        self._unsynced = True
        self._confirmed: list[QueuedRecord] = []

    def take(self, payload: dict[str, Any], monotonic: float) -> None:
        """Accept the payload of a record whose interval ended at `monotonic`."""
        record = self._spool.add(payload, monotonic)
        if self._spool.is_safe(record):
            self._confirmed.append(record)
            return
        self._unsynced |= not record.synced
        now = self._monotonic()
        if self._window and now - monotonic < self._interval:
            self._live.append((now + self._phase, record))

    def take_confirmed(self) -> list[QueuedRecord]:
        """Return the records that became safe since the last call: on disk, or with the broker."""
        found, self._confirmed = self._confirmed, []
        return found

    @property
    def under_way(self) -> int:
        """Records that were sent and are not acknowledged yet."""
        return len(self._in_flight)

    def connected(self, window: int) -> None:
        """Begin to send; `window` messages may be without acknowledgement."""
        self._reset()
        self._window = max(1, window)
        self._held_until = 0.0

    def disconnected(self) -> None:
        """Stop sending: whatever was under way waits again."""
        self._reset()
        self._window = 0

    def acknowledged(self, token: int) -> None:
        """Forget a record: the broker has it."""
        record, topic = self._in_flight.pop(token, (None, ""))
        if record is None:
            return
        if not self._spool.is_safe(record):
            self._confirmed.append(record)
        self._spool.remove(record)
        self._refused.pop(record.key, None)
        if topic == self._topics.counts and self._live_refused:  # the broker takes records again
            self._live_refused = False
            self._refused.clear()
            self._backoff.reset()
            self._held_until = 0.0
            self._begin_again()

    def refused(self, token: int) -> None:
        """Keep a record that the broker does not want, and try again later."""
        record, topic = self._in_flight.pop(token, (None, ""))
        if record is None:
            return
        self._live_refused |= topic == self._topics.counts
        self._refused[record.key] = self._refused.get(record.key, 0) + 1
        self._begin_again()
        if self._monotonic() >= self._held_until:  # one wait for all that were refused together
            self._held_until = self._monotonic() + self._backoff.next()

    def run_due(self) -> float:
        """Send what is due; return the seconds until there may be more to do."""
        now = self._monotonic()
        self._restamp()
        wait = _IDLE_SECONDS
        if self._window:
            while self._live and self._live[0][0] <= now:
                self._send(self._topics.counts, self._live.popleft()[1])
            if self._live:
                wait = min(wait, self._live[0][0] - now)
            wait = min(wait, self._drain(now))
        if not self._window or self._spool.longest_in_memory > self._phase + _MEMORY_SECONDS:
            self._confirmed += self._spool.store()
        self._spool.run_due()
        return wait

    def flush(self) -> None:
        """Send what waits for its moment: there will be no other."""
        while self._live and self._window:
            self._send(self._topics.counts, self._live.popleft()[1])

    def close(self) -> None:
        """Bring to disk what is not acknowledged."""
        self._confirmed += self._spool.store()
        self._spool.close()

    def _reset(self) -> None:
        self._in_flight.clear()
        self._live.clear()
        self._begin_again()

    def _begin_again(self) -> None:
        """Look for backlog from the oldest record on."""
        self._backlog.clear()
        self._cursor = 0

    def _restamp(self) -> None:
        if self._unsynced and self._synchronised():
            stamper = Restamper(self._interval)
            stamped = self._spool.restamp(lambda records: [_stamped(record, stamper) for record in records])
            by_key = {record.key: record for record in stamped}
            self._live = deque((due, by_key.get(record.key, record)) for due, record in self._live)
            self._begin_again()
            self._unsynced = False

    def _drain(self, now: float) -> float:
        """Send as much of the backlog as rate and window allow; return when to look again."""
        self._budget = min(_BURST, self._budget + (now - self._budget_at) * _BACKLOG_A_SECOND)
        self._budget_at = now
        if now < self._held_until:
            return self._held_until - now
        while (record := self._next()) is not None:
            if self._budget < 1:
                return (1 - self._budget) / _BACKLOG_A_SECOND
            if len(self._in_flight) >= max(1, self._window - _RESERVED):
                return _IDLE_SECONDS  # an acknowledgement wakes us
            self._budget -= 1
            self._backlog.popleft()
            self._send(self._topics.backfill, record.changed(replayed=True))
        return _IDLE_SECONDS

    def _next(self) -> QueuedRecord | None:
        """Return the oldest record that neither is under way nor waits for its moment nor was refused too often."""
        if not self._backlog:
            if len(self._spool) <= len(self._in_flight) + len(self._live):
                return None
            found = self._spool.after(self._cursor)
            if not found:
                self._cursor = 0
                self._refused = dict.fromkeys(self._refused, 0)
                return None
            self._cursor = found[-1].number
            busy = {record.key for record, _topic in self._in_flight.values()} | {
                record.key for _due, record in self._live
            }
            self._backlog.extend(
                record for record in found if record.key not in busy and self._refused.get(record.key, 0) < _ATTEMPTS
            )
        return self._backlog[0] if self._backlog else None

    def _send(self, topic: str, record: QueuedRecord) -> None:
        token = next(self._tokens)
        self._in_flight[token] = record, topic
        self._send_message(Message(topic, record.text, token=token))


def _stamped(record: QueuedRecord, stamper: Restamper) -> QueuedRecord:
    start, end = stamper.stamp(record.monotonic)
    return record.changed(start=start, end=end, clock="synced")
