"""Corrects the times of records that were made before the wall clock was right."""

from collections.abc import Callable

from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from edge.system.clock import Restamper, is_synchronised


class ClockCorrection:
    """Waits until the clock is synchronised, then corrects all records that need it, once; many of them in parts."""

    def __init__(self, interval_seconds: int, synchronised: Callable[[], bool] = is_synchronised) -> None:
        self._interval = interval_seconds
        self._synchronised = synchronised
        self._needed = True  # the spool may hold records of an earlier run
        self._waits_for_disk = False
        self._stampers: dict[int, Restamper] = {}  # by length: a reload may have changed it

    def note(self, record: QueuedRecord) -> None:
        """Take a new record."""
        self._needed |= not record.synced

    def run_due(self, spool: Spool) -> list[QueuedRecord] | None:
        """Correct records of the spool if there may be some and the clock is right; return them, or None if not.

        What a disk hides for now is corrected once it is usable again.
        """
        if self._waits_for_disk and not spool.problem:
            self._needed, self._waits_for_disk = True, False
        if not (self._needed and self._synchronised()):
            return None
        corrected = spool.restamp(lambda records: list(map(self._stamped, records)))
        self._waits_for_disk = bool(spool.problem)
        self._needed = bool(corrected) and not self._waits_for_disk  # there may be more than were read at once
        if not self._needed:
            self._stampers = {}
        return corrected

    def _stamped(self, record: QueuedRecord) -> QueuedRecord:
        length = record.seconds or self._interval
        start, end = self._stampers.setdefault(length, Restamper(length)).stamp(record.monotonic)
        return record.changed(start=start, end=end, clock="synced")
