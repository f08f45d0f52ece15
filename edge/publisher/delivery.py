"""The way of a record from the door through the spool to the broker's acknowledgement. None is lost, none blocks."""

import time
from collections.abc import Callable
from typing import Any

from edge.contract.phase import phase
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.publisher.clock_correction import ClockCorrection
from edge.publisher.ledger import Ledger, Shipment, State
from edge.publisher.rate_limit import RateLimit
from edge.publisher.refused_records import RefusedRecords
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from edge.system.clock import is_synchronised

_BACKLOG_A_SECOND = 30.0
"""A day's outage at 10 s (8,640 records) is sent in five minutes; the return of a whole fleet stays bounded."""
_BURST = 8.0
_RESERVED = 4
"""Places in the broker's window that the backlog leaves to live records and to retained messages."""
_MEMORY_SECONDS = 5.0
"""A record that the broker has not acknowledged after this time goes to disk, even while the connection stands."""
_LONGEST_SECONDS = 20.0
"""No record is in memory only for longer: of intervals above a minute, some wait longer than that for their phase."""
_IDLE_SECONDS = 0.5


class Delivery:
    """Decides which record is sent when and on which topic, and when its sender may forget it.

    A record that ended within the last interval is live: it is sent on `counts`, at this device's phase of the
    interval. Everything else is backlog: oldest first on `counts/backfill`, at a bounded rate, and only as far as the
    broker's window leaves room for live records. A record that the broker refuses stays in the spool. The backlog is
    tried again after a delay with jitter, and a record that is refused again and again no longer holds up the others.
    """

    def __init__(  # noqa: PLR0913 - what tests replace is passed in
        self,
        spool: Spool,
        topics: Topics,
        interval_seconds: int,
        device: str,
        publish: Callable[[Message], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool] = is_synchronised,
    ) -> None:
        self._spool = spool
        self._topics = topics
        self._interval = interval_seconds
        self._phase = phase(device, interval_seconds)
        self._publish = publish
        self._monotonic = monotonic
        self._window = 0
        self._ledger = Ledger()
        self._refused = RefusedRecords(monotonic)
        self._rate = RateLimit(_BACKLOG_A_SECOND, _BURST, monotonic)
        self._correction = ClockCorrection(interval_seconds, synchronised)
        self._confirmed: list[QueuedRecord] = []

    def take(self, payload: dict[str, Any], monotonic: float, arrived: float | None = None) -> None:
        """Accept the payload of a record whose interval ended at `monotonic`, and that came at `arrived`, or now."""
        record = self._spool.add(payload, monotonic)
        if self._spool.is_safe(record):
            self._confirmed.append(record)
            return
        self._correction.note(record)
        now = self._monotonic()
        if self._window and (now if arrived is None else arrived) - monotonic < self._interval:
            self._ledger.schedule(record, now + self._phase)

    def take_confirmed(self) -> list[QueuedRecord]:
        """Return the records that became safe since the last call: on disk, or with the broker."""
        found, self._confirmed = self._confirmed, []
        return found

    @property
    def under_way(self) -> int:
        """Records that were sent and are not acknowledged yet."""
        return self._ledger.count(State.IN_FLIGHT)

    @property
    def waiting(self) -> int:
        """Records that wait to be sent, at least: a full spool may have dropped some that are under way."""
        return max(0, len(self._spool) - self.under_way)

    def connected(self, window: int) -> None:
        """Begin to send; `window` messages may be without acknowledgement."""
        self._ledger.recall()
        self._window = max(1, window)
        self._refused.connected()

    def disconnected(self) -> None:
        """Stop sending: all that was under way waits again."""
        self._ledger.recall()
        self._window = 0

    def acknowledged(self, token: int) -> None:
        """Forget a record: the broker has it."""
        if (shipment := self._ledger.answered(token)) is None:
            return
        if not self._spool.is_safe(shipment.record):
            self._confirmed.append(shipment.record)
        self._spool.remove(shipment.record)
        if self._refused.accepted(shipment.record.key, live=self._is_live(shipment)):
            self._ledger.reread()

    def refused(self, token: int) -> None:
        """Keep a record that the broker does not want, and try again later."""
        if (shipment := self._ledger.answered(token)) is None:
            return
        self._refused.note(shipment.record.key, live=self._is_live(shipment))
        self._ledger.reread()

    def run_due(self) -> float:
        """Send what is due; return the seconds until there may be more to do."""
        if (corrected := self._correction.run_due(self._spool)) is not None:
            self._ledger.replace(corrected)
            self._ledger.reread()
        wait = min(self._send_live(self._monotonic()), self._send_backlog()) if self._window else _IDLE_SECONDS
        patience = min(self._phase + _MEMORY_SECONDS, _LONGEST_SECONDS)
        if not self._window or self._spool.longest_in_memory > patience:
            self._confirmed += self._spool.store()
        self._spool.run_due()
        return wait

    def flush(self) -> None:
        """Send the live records at once: there will be no other moment. Without a connection, bring all to disk now."""
        if self._window:
            self._send_live(float("inf"))
        else:  # the end of the session may take long, and the process may be killed meanwhile
            self._confirmed += self._spool.store()

    def close(self) -> None:
        """Bring to disk what is not acknowledged."""
        self._confirmed += self._spool.store()
        self._spool.close()

    @property
    def _names(self) -> dict[str, str]:
        """Names in a topic, which its records must have: readers refuse others, such as those of a device renamed."""
        *_base, site, device, _leaf = self._topics.counts.split("/")
        return {"site": site, "device": device}

    def _is_live(self, shipment: Shipment) -> bool:
        return shipment.topic == self._topics.counts

    def _send_live(self, now: float) -> float:
        """Send the live records that are due at `now`; return when to look again."""
        while (shipment := self._ledger.first(State.LIVE)) is not None:
            if shipment.due > now:
                return min(_IDLE_SECONDS, shipment.due - now)
            self._send(shipment, self._topics.counts, shipment.record)
        return _IDLE_SECONDS

    def _send_backlog(self) -> float:
        """Send as much of the backlog as rate and window allow; return when to look again."""
        if (held := self._refused.wait) > 0:
            return min(_IDLE_SECONDS, held)
        while (shipment := self._next_of_backlog()) is not None:
            if (wait := self._rate.wait) > 0:
                return wait
            if self.under_way >= max(1, self._window - _RESERVED):
                return _IDLE_SECONDS  # an acknowledgement wakes us
            self._rate.spend()
            record = shipment.record.changed(replayed=True, **self._names)
            self._send(shipment, self._topics.backfill, record)
        return _IDLE_SECONDS

    def _next_of_backlog(self) -> Shipment | None:
        """Return the oldest record that neither is on its way nor was refused too often."""
        if (shipment := self._ledger.first(State.BACKLOG)) is not None:
            return shipment
        if len(self._spool) <= self.under_way + self._ledger.count(State.LIVE):
            return None
        found = self._spool.after(self._ledger.cursor)
        if not found:
            self._ledger.cursor = 0
            self._refused.next_round()
            return None
        self._ledger.load(found, self._refused.is_left_out)
        return self._ledger.first(State.BACKLOG)

    def _send(self, shipment: Shipment, topic: str, record: QueuedRecord) -> None:
        token = self._ledger.send(shipment, topic)
        self._publish(Message(topic, record.text, token=token))
