"""Records that wait for the broker's acknowledgement: in memory first, on disk when that takes too long."""

import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config import Spool as SpoolSettings
from edge.contract.records import Cause
from edge.door.packets import Key
from edge.publisher.spool.disk import SpoolDisk
from edge.publisher.spool.file import MOST_UNSYNCED
from edge.publisher.spool.queued_record import QueuedRecord
from edge.system.machine import machine_boot

log = logging.getLogger(__name__)

MEMORY = 4320
"""Records kept while there is no usable disk: half a day at 10 s, about 5 MB."""


@dataclass(slots=True, eq=False)
class _Fresh:
    """A record that is in memory only, and when it came: CLOCK_MONOTONIC in seconds."""

    record: QueuedRecord
    arrived: float


class Spool:
    """Payloads as they may be published, oldest first; bounded by age and size.

    A record is added in memory. `store` moves what is there to disk; the owner calls it when the broker is silent.
    While the broker answers, nothing is written, and the file exists only as long as it holds something.

    Age is counted in intervals, not by any clock: `max_days` of counting are kept, and no step of the wall clock can
    make a record old. Only the thread that made a spool may use it.
    """

    def __init__(
        self,
        directory: Path,
        settings: SpoolSettings,
        interval_seconds: int = 10,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_records = max(1, round(settings.max_days * 86_400 / interval_seconds))
        self._max_bytes = settings.max_megabytes * 2**20
        self._monotonic = monotonic
        self._machine = machine_boot()
        self._disk = SpoolDisk(directory / "spool.sqlite", MEMORY, monotonic)
        self._fresh: dict[Key, _Fresh] = {}
        self._last = 0
        self.dropped = 0
        """Records that were given up because of age or size."""

    @property
    def problem(self) -> str:
        """What is wrong with the disk, so that records are kept in memory only; empty while it is usable."""
        return self._disk.problem

    @property
    def lost(self) -> dict[Cause, int]:
        """Records that were stored and are not there any more, by cause."""
        return self._disk.lost

    def add(self, payload: dict[str, Any], monotonic: float) -> QueuedRecord:
        """Keep a record in memory and return it; one that waits already is left as it is."""
        key = (payload["boot"], payload["seq"])
        if (known := self._fresh.get(key)) is not None:
            return known.record
        record = QueuedRecord.of(max(self._last, self._disk.last) + 1, payload, self._machine, monotonic)
        if not self._disk.holds(key):
            self._last = record.number
            self._fresh[key] = _Fresh(record, self._monotonic())
            self._make_room()
        return record

    def adopt(self, records: list[QueuedRecord]) -> None:
        """Keep in memory what the spool before this one, in the same process, could not bring to disk."""
        for record in records:
            if not self._disk.holds(record.key):
                self._last = max(self._last, record.number)
                self._fresh[record.key] = _Fresh(record, self._monotonic())

    @property
    def in_memory(self) -> list[QueuedRecord]:
        """Records that are in memory only, oldest first."""
        return [fresh.record for fresh in self._fresh.values()]

    def is_safe(self, record: QueuedRecord) -> bool:
        """Whether a record is on disk or with the broker, and not only in memory."""
        return record.key not in self._fresh

    @property
    def longest_in_memory(self) -> float:
        """Seconds since the oldest record arrived that is in memory only; 0 if all are on disk."""
        oldest = next(iter(self._fresh.values()), None)
        return max(0.0, self._monotonic() - oldest.arrived) if oldest else 0.0

    def store(self) -> list[QueuedRecord]:
        """Write what is only in memory to disk and return it; nothing where the disk is unusable."""
        if not self._fresh:
            return []
        rows = self._disk.insert([fresh.record for fresh in self._fresh.values()])
        if rows:
            self._fresh.clear()
            self._make_room()
        return rows

    def remove(self, record: QueuedRecord) -> None:
        """Forget a record: the broker has it."""
        if self._fresh.pop(record.key, None) is None:
            self._disk.remove(record.key)

    def after(self, number: int, limit: int = 100) -> list[QueuedRecord]:
        """Return the oldest records whose number is above `number`; none while older ones cannot be read."""
        found = self._disk.after(number, limit)
        if len(found) < limit and not self._disk.hides_records:
            fresh = (one.record for one in self._fresh.values() if one.record.number > number)
            found += itertools.islice(fresh, limit - len(found))
        return found

    def restamp(self, stamp: Callable[[list[QueuedRecord]], list[QueuedRecord]]) -> list[QueuedRecord]:
        """Correct the times of records that were made in this boot of the machine before its clock was right.

        Of a long time it takes the first part; to be called until nothing is left.

        Args:
            stamp: gets records in order, returns the same records with corrected times.

        Returns:
            what was corrected.

        """
        stored = self._disk.unsynced(self._machine)
        more = len(stored) >= MOST_UNSYNCED  # those in memory follow after the last on disk
        fresh = [] if more else [one.record for one in self._fresh.values() if not one.record.synced]
        corrected = stamp([*stored, *fresh])
        for record in corrected[len(stored) :]:
            self._fresh[record.key].record = record
        self._disk.replace(corrected[: len(stored)])
        return corrected

    def run_due(self) -> None:
        """Do what is due: delete on disk what the broker has, and try a disk again that failed."""
        self._disk.run_due()

    def __len__(self) -> int:
        return len(self._disk) + len(self._fresh)

    def close(self) -> None:
        """Write what is only in memory to disk, and close the file."""
        self._disk.try_now()
        self.store()
        self._disk.close()

    def _make_room(self) -> None:
        """Drop the oldest while there are more than may be kept."""
        gone = 0
        while len(self._fresh) > MEMORY:
            del self._fresh[next(iter(self._fresh))]
            gone += 1
        gone += self._disk.drop_excess(self._max_records - len(self._fresh), self._max_bytes)
        if gone:
            self.dropped += gone
            log.warning("spool: dropped the %d oldest records (%d in all)", gone, self.dropped)
