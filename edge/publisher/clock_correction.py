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
        stamper = Restamper(self._interval)
        return spool.restamp(lambda records: [_stamped(record, stamper) for record in records])


def _stamped(record: QueuedRecord, stamper: Restamper) -> QueuedRecord:
    start, end = stamper.stamp(record.monotonic)
    return record.changed(start=start, end=end, clock="synced")
