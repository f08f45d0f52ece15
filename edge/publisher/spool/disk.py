"""The spool's file as far as the disk allows it: no method raises for what a disk or a file does."""

import itertools
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from edge.door.packets import Key
from edge.publisher.spool.file import SpoolFile, is_damage, readable, remove_file, set_aside
from edge.publisher.spool.queued_record import QueuedRecord
from edge.system.backoff import Backoff

log = logging.getLogger(__name__)

_COPIES = 360
"""Records on disk that are kept in memory too, so that a damaged file does not take the last hour with it."""
_DELETE_TOGETHER = 200
_DELETE_SECONDS = 1.0
_RETRY_CAP_SECONDS = 300.0
_HIDDEN_SECONDS = 600.0
"""So long newer records wait for older ones on a disk that cannot be read; it is tried twice in that time."""
_DROP_TOGETHER = 100
_T = TypeVar("_T")


@dataclass
class _Outage:
    """A time in which the disk cannot be used.

    Attributes:
        reason: what is wrong with it.
        since: monotonic time of the first failure.
        retry_at: monotonic time before which it is left alone.

    """

    reason: str
    since: float
    retry_at: float


class SpoolDisk:
    """Opens the file when it is needed and deletes it with its last record.

    After a failure the file is left alone for a while, and methods answer as if there were none. A damaged file is set
    aside; a new one takes what can be read of it and what memory has copies of. Records that the broker has are deleted
    together, as a deletion that is lost only repeats a record.
    """

    def __init__(self, path: Path, memory_limit: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Find out whether the disk is usable, so that an operator knows before it is needed.

        Args:
            path: of the file.
            memory_limit: records that are kept without a disk, for the log.
            monotonic: seconds of a clock that never steps.

        """
        self._path = path
        self._memory_limit = memory_limit
        self._monotonic = monotonic
        self._file: SpoolFile | None = None
        self._copies: dict[Key, QueuedRecord] = {}
        self._done: list[Key] = []
        self._delete_due = 0.0
        self._count: int | None = None
        self._backoff = Backoff(_RETRY_CAP_SECONDS)
        self._outage: _Outage | None = None
        self.last = 0
        """The highest number that was seen on disk."""
        self._try()

    @property
    def problem(self) -> str:
        """What is wrong with the disk; empty while it is usable."""
        return "" if self._outage is None else self._outage.reason

    def __len__(self) -> int:
        return max(0, (self._count or 0) - len(self._done))

    def holds(self, key: Key) -> bool:
        """Whether a record is on disk."""
        return key in self._copies or (bool(self._count) and self._do(lambda file: file.holds(key)) is True)

    def insert(self, records: list[QueuedRecord]) -> list[QueuedRecord]:
        """Store records, all or none; return them with the numbers that they have there, or nothing if that failed."""

        def write(file: SpoolFile) -> list[QueuedRecord]:
            # A file that could not be read at the start may hold the same numbers already; they only give the order.
            shift = max(0, file.last + 1 - records[0].number)
            rows = [replace(record, number=record.number + shift) for record in records] if shift else records
            file.insert(rows)
            self.last = max(self.last, file.last)
            return rows

        rows = self._do(write)
        if isinstance(rows, _Failed):
            return []
        self._copies.update((record.key, record) for record in rows)
        for key in list(self._copies)[: max(0, len(self._copies) - _COPIES)]:
            del self._copies[key]
        return rows

    def after(self, number: int, limit: int) -> list[QueuedRecord]:
        """Return the oldest records whose number is above `number`; from memory where the disk cannot be read."""
        self._delete_done()
        rows = self._do(lambda file: file.after(number, limit)) if self._count else []
        if not isinstance(rows, _Failed):
            return rows
        copies = (record for record in self._copies.values() if record.number > number)
        return [] if self.hides_records else list(itertools.islice(copies, limit))

    @property
    def hides_records(self) -> bool:
        """Whether older records may be on a disk that cannot be read now, and are worth waiting for."""
        if self._outage is None or self._monotonic() - self._outage.since > _HIDDEN_SECONDS:
            return False
        if self._count is None:  # it was never opened
            return os.path.exists(self._path)  # noqa: PTH110 - it raises nothing
        return len(self) > len(self._copies)

    def unsynced(self, machine: str) -> list[QueuedRecord]:
        """Return the records that were made in this boot of the machine while its clock was not synchronised."""
        rows = self._do(lambda file: file.unsynced(machine)) if self._count else []
        return [] if isinstance(rows, _Failed) else rows

    def replace(self, records: list[QueuedRecord]) -> None:
        """Store new times of records that are there."""
        if records:
            self._do(lambda file: file.replace(records))
            self._copies.update((record.key, record) for record in records if record.key in self._copies)

    def remove(self, key: Key) -> None:
        """Forget a record: the broker has it."""
        self._copies.pop(key, None)
        self._done.append(key)

    def drop_excess(self, max_records: int, max_bytes: int) -> int:
        """Give up the oldest records above either bound; return how many."""
        if not self._count:
            return 0

        def drop(file: SpoolFile) -> int:
            many = file.count - max_records
            large = _DROP_TOGETHER if file.bytes_in_use() >= max_bytes else 0
            return file.drop_oldest(max(many, large)) if max(many, large) > 0 else 0

        dropped = self._do(drop)
        return 0 if isinstance(dropped, _Failed) else dropped

    def run_due(self) -> None:
        """Delete what the broker has, and try a disk again that failed."""
        if len(self._done) >= _DELETE_TOGETHER or (self._done and self._monotonic() >= self._delete_due):
            self._delete_done()
        if self.problem:
            self._try()

    def try_now(self) -> None:
        """Let the next call use the disk, even shortly after a failure."""
        if self._outage is not None:
            self._outage.retry_at = 0.0

    def close(self) -> None:
        """Delete what the broker has, and close the file."""
        self._delete_done()
        self._close_file()

    def _try(self) -> None:
        def look(file: SpoolFile) -> None:
            self.last = max(self.last, file.last)

        if not isinstance(self._do(look), _Failed):
            self._delete_done()

    def _delete_done(self) -> None:
        """Delete on disk what the broker has, and the file with the last record."""
        self._delete_due = self._monotonic() + _DELETE_SECONDS
        done = self._done
        if done and not isinstance(self._do(lambda file: file.delete(done)), _Failed):
            self._done = []
        if self._file is not None and not self._file.count and not self._done:
            self._close_file()
            try:
                remove_file(self._path)
            except OSError as error:
                self._fail(error)

    def _do(self, work: Callable[[SpoolFile], _T]) -> "_T | _Failed":
        """Do something with the file."""
        if self._outage is not None and self._monotonic() < self._outage.retry_at:
            return _FAILED
        try:
            if self._file is None:
                self._file = SpoolFile(self._path)
            result = work(self._file)
            self._count = self._file.count
        except (OSError, sqlite3.Error, ValueError) as error:
            return self._repair(work) if is_damage(error, self._path) else self._fail(error)
        if self._outage is not None:
            log.info("spool %s: usable again", self._path)
            self._outage = None
            self._backoff.reset()
        return result

    def _repair(self, work: Callable[[SpoolFile], _T]) -> "_T | _Failed":
        """Set a damaged file aside, begin a new one with what can be read and what memory has, and go on."""
        try:
            self._close_file()
            aside = set_aside(self._path)
            file = SpoolFile(self._path)
            file.insert(record for record in readable(aside) if record.key not in self._copies)
            saved = file.count
            file.insert(self._copies.values())
            self._file, self.last = file, max(self.last, file.last)
            log.error(
                "spool %s: damaged, now %s; %d records could be read, %d more were in memory; look at the card",
                self._path,
                aside.name,
                saved,
                file.count - saved,
            )
            result = work(file)
            self._count = file.count
        except (OSError, sqlite3.Error, ValueError) as error:
            return self._fail(error)
        return result

    def _fail(self, error: Exception) -> "_Failed":
        reason = str(getattr(error, "strerror", None) or error)
        now = self._monotonic()
        if self._outage is None:
            log.warning(
                "spool %s: %s; records are kept in memory only (at most %d) until it is usable",
                self._path,
                reason,
                self._memory_limit,
            )
        since = now if self._outage is None else self._outage.since
        self._outage = _Outage(reason, since, now + self._backoff.next())
        self._close_file()
        return _FAILED

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _Failed:
    """The disk did not do it."""


_FAILED = _Failed()
