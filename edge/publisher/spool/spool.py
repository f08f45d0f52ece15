"""Records that wait for the broker's acknowledgement: in memory first, on disk when that takes too long."""

import itertools
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from edge.config import Spool as SpoolSettings
from edge.publisher.spool.file import SpoolFile, is_damage, readable, remove_file, set_aside
from edge.publisher.spool.queued_record import QueuedRecord, machine_boot
from edge.system.backoff import Backoff

log = logging.getLogger(__name__)

MEMORY = 4320
"""Records kept while there is no usable disk: half a day at 10 s, about 5 MB."""
_COPIES = 360
"""Records on disk that are kept in memory too, so that a damaged file does not take the last hour with it."""
_FORGET_TOGETHER = 200
_FORGET_SECONDS = 1.0
_RETRY_CAP_SECONDS = 300.0
_DROP_TOGETHER = 100
_T = TypeVar("_T")


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
        self._path = directory / "spool.sqlite"
        self._max_records = max(1, round(settings.max_days * 86_400 / interval_seconds))
        self._max_bytes = settings.max_megabytes * 2**20
        self._monotonic = monotonic
        self._machine = machine_boot()
        self._file: SpoolFile | None = None
        self._fresh: dict[tuple[str, int], QueuedRecord] = {}
        self._arrived: dict[tuple[str, int], float] = {}
        self._copies: dict[tuple[str, int], QueuedRecord] = {}
        self._gone: list[tuple[str, int]] = []
        self._forget_due = 0.0
        self._on_disk = 0
        self._last = 0
        self._backoff = Backoff(_RETRY_CAP_SECONDS)
        self._retry_at = 0.0
        self.dropped = 0
        """Records that were given up because of age or size."""
        self.problem = ""
        """What is wrong with the disk, so that records are kept in memory only; empty while it is usable."""
        self._try_disk()

    def add(self, payload: dict[str, Any], monotonic: float) -> QueuedRecord:
        """Keep a record in memory and return it; one that waits already is left as it is."""
        key = (payload["boot"], payload["seq"])
        if (known := self._fresh.get(key)) is not None:
            return known
        record = QueuedRecord.of(self._last + 1, payload, self._machine, monotonic)
        if key not in self._copies and not self._is_on_disk(key):
            self._last = record.number
            self._fresh[key] = record
            self._arrived[key] = self._monotonic()
            self._make_room()
        return record

    def is_safe(self, record: QueuedRecord) -> bool:
        """Whether a record is on disk or with the broker, and not only in memory."""
        return record.key not in self._fresh

    @property
    def longest_in_memory(self) -> float:
        """Seconds since the oldest record arrived that is in memory only; 0 if there is none."""
        return max(0.0, self._monotonic() - next(iter(self._arrived.values()))) if self._arrived else 0.0

    def store(self) -> list[QueuedRecord]:
        """Write what is only in memory to disk and return it; nothing where the disk is unusable."""
        if not self._fresh:
            return []
        fresh = list(self._fresh.values())

        def write(file: SpoolFile) -> list[QueuedRecord]:
            # A file that could not be read at the start may hold the same numbers already: order is all they are for.
            shift = max(0, file.last + 1 - fresh[0].number)
            rows = [replace(record, number=record.number + shift) for record in fresh] if shift else fresh
            file.insert(rows)
            self._last = max(self._last, file.last)
            return rows

        rows = self._disk(write)
        if not isinstance(rows, list):
            return []
        self._fresh.clear()
        self._arrived.clear()
        self._copies.update((record.key, record) for record in rows)
        for key in list(self._copies)[: max(0, len(self._copies) - _COPIES)]:
            del self._copies[key]
        self._make_room()
        return rows

    def remove(self, record: QueuedRecord) -> None:
        """Forget a record: the broker has it."""
        self._copies.pop(record.key, None)
        self._arrived.pop(record.key, None)
        if self._fresh.pop(record.key, None) is None:
            self._gone.append(record.key)

    def after(self, number: int, limit: int = 100) -> list[QueuedRecord]:
        """Return the oldest records whose number is above `number`."""
        self._forget()
        found: list[QueuedRecord] = []
        if self._on_disk:
            rows = self._disk(lambda file: file.after(number, limit))
            found = rows if isinstance(rows, list) else []
        if len(found) < limit:
            fresh = (record for record in self._fresh.values() if record.number > number)
            found += itertools.islice(fresh, limit - len(found))
        return found

    def restamp(self, stamp: Callable[[list[QueuedRecord]], list[QueuedRecord]]) -> list[QueuedRecord]:
        """Correct the times of all records that were made in this boot of the machine before its clock was right.

        Args:
            stamp: gets records in order, returns the same records with corrected times.

        Returns:
            what was corrected.

        """
        fresh = [record for record in self._fresh.values() if not record.synced]
        stored = self._disk(lambda file: file.unsynced(self._machine)) if self._on_disk else []
        stored = stored if isinstance(stored, list) else []
        corrected = stamp([*stored, *fresh])
        for record in corrected[len(stored) :]:
            self._fresh[record.key] = record
        on_disk = corrected[: len(stored)]
        if on_disk:
            self._disk(lambda file: file.replace(on_disk))
            self._copies.update((record.key, record) for record in on_disk if record.key in self._copies)
        return corrected

    def run_due(self) -> None:
        """Do what is due: forget on disk what the broker has, and try a disk again that failed."""
        if len(self._gone) >= _FORGET_TOGETHER or (self._gone and self._monotonic() >= self._forget_due):
            self._forget()
        if self.problem:
            self._try_disk()

    def __len__(self) -> int:
        return max(0, self._on_disk - len(self._gone)) + len(self._fresh)

    def close(self) -> None:
        """Write what is only in memory to disk, and close the file."""
        self._retry_at = 0.0
        self.store()
        self._forget()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _try_disk(self) -> None:
        """See whether the disk is usable; at a start, too, so that an operator hears of it before it is needed."""

        def look(file: SpoolFile) -> None:
            self._last = max(self._last, file.last)

        if self._disk(look) is not _FAILED:
            self._forget()

    def _is_on_disk(self, key: tuple[str, int]) -> bool:
        return bool(self._on_disk) and self._disk(lambda file: file.holds(key)) is True

    def _make_room(self) -> None:
        """Drop the oldest while there are more than may be kept."""
        gone = 0
        while len(self._fresh) > MEMORY:
            oldest = next(iter(self._fresh))
            del self._fresh[oldest], self._arrived[oldest]
            gone += 1
        if self._on_disk:

            def drop(file: SpoolFile) -> int:
                many = file.count + len(self._fresh) - self._max_records
                large = _DROP_TOGETHER if file.bytes_in_use() >= self._max_bytes else 0
                return file.drop_oldest(max(many, large)) if max(many, large) > 0 else 0

            dropped = self._disk(drop)
            gone += dropped if isinstance(dropped, int) else 0
        if gone:
            self.dropped += gone
            log.warning("spool: dropped the %d oldest records (%d in all)", gone, self.dropped)

    def _forget(self) -> None:
        """Delete on disk what the broker has, and the file with the last record."""
        self._forget_due = self._monotonic() + _FORGET_SECONDS
        gone = self._gone
        if gone and self._disk(lambda file: file.delete(gone)) is not _FAILED:
            self._gone = []
        if self._file is not None and not self._file.count and not self._gone:
            self._file.close()
            self._file = None
            try:
                remove_file(self._path)
            except OSError as error:
                self._fail(error)

    def _disk(self, work: Callable[[SpoolFile], _T]) -> "_T | _Failed":
        """Do something with the file; trouble is noted, and the file is left alone for a while."""
        if self._monotonic() < self._retry_at:
            return _FAILED
        try:
            if self._file is None:
                self._file = SpoolFile(self._path)
            result = work(self._file)
            self._on_disk = self._file.count
        except (OSError, sqlite3.Error) as error:
            return self._mend(work) if is_damage(error) else self._fail(error)
        if self.problem:
            log.info("spool %s: usable again", self._path)
            self.problem = ""
            self._backoff.reset()
        return result

    def _mend(self, work: Callable[[SpoolFile], _T]) -> "_T | _Failed":
        """Set a damaged file aside, begin a new one with what can still be read and what memory holds, and go on."""
        try:
            self._drop_file()
            aside = set_aside(self._path)
            file = SpoolFile(self._path)
            file.insert(record for record in readable(aside) if record.key not in self._copies)
            saved = file.count
            file.insert(self._copies.values())
            self._file, self._last = file, max(self._last, file.last)
            log.error(
                "spool %s: damaged, now %s; %d records could be read, %d more were in memory; look at the card",
                self._path,
                aside.name,
                saved,
                file.count - saved,
            )
            result = work(file)
            self._on_disk = file.count
        except (OSError, sqlite3.Error) as error:
            return self._fail(error)
        return result

    def _fail(self, error: Exception) -> "_Failed":
        reason = str(getattr(error, "strerror", None) or error)
        if not self.problem:
            log.warning(
                "spool %s: %s; records are kept in memory only (at most %d) until it is usable",
                self._path,
                reason,
                MEMORY,
            )
        self.problem = reason
        self._retry_at = self._monotonic() + self._backoff.next()
        self._drop_file()
        return _FAILED

    def _drop_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _Failed:
    """The disk did not do it."""


_FAILED = _Failed()
