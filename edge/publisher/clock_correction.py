"""Corrects the times of records that were made before the wall clock was right."""

from collections.abc import Callable

from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from edge.system.clock import Restamper, is_synchronised


class ClockCorrection:
    """Waits until the clock is synchronised, then corrects once all records that need it."""

    def __init__(self, interval_seconds: int, synchronised: Callable[[], bool] = is_synchronised) -> None:
        self._interval = interval_seconds
        self._synchronised = synchronised
        self._needed = True  # the spool may hold records of an earlier run

    def note(self, record: QueuedRecord) -> None:
        """Take a new record."""
        self._needed |= not record.synced

    def run_due(self, spool: Spool) -> list[QueuedRecord] | None:
        """Correct the spool's records if there may be some and the clock is right; return them, or None if not."""
        if not (self._needed and self._synchronised()):
            return None
        self._needed = False
        stampers: dict[int, Restamper] = {}  # by length: a reload may have changed it

        def stamped(record: QueuedRecord) -> QueuedRecord:
            length = record.seconds or self._interval
            start, end = stampers.setdefault(length, Restamper(length)).stamp(record.monotonic)
            return record.changed(start=start, end=end, clock="synced")

        return spool.restamp(lambda records: list(map(stamped, records)))
