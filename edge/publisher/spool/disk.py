"""The spool's file as far as the disk allows it: no method raises for what a disk or a file does."""

import itertools
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edge.contract.records import Cause
from edge.door.packets import Key
from edge.publisher.spool.damage import generation_of, is_damage, readable, set_aside
from edge.publisher.spool.file import Extent, SpoolFile, copy_to, remove_file
from edge.publisher.spool.note import forget_note, read_notes, write_note
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.trouble import Trouble
from edge.system.state_file import sync_folder

log = logging.getLogger(__name__)

_COPIES = 360
"""Records on disk that are kept in memory too, so that a damaged file does not take the last hour with it."""
_DELETE_TOGETHER = 200
_DELETE_SECONDS = 1.0
_HIDDEN_SECONDS = 600.0
"""So long newer records wait for older ones on a disk that cannot be read; it is tried twice in that time."""
_LOOK_SECONDS = 1.0
_DROP_TOGETHER = 100
_NOTHING = Extent(generation=0, first=0, last=0, count=0)
_T = TypeVar("_T")


class SpoolDisk:
    """Opens the file when it is needed and deletes it with its last record.

    After a failure the file is left alone for a while, and methods answer as if there were none. A damaged file is set
    aside; a new one takes what can be read of it and what memory has copies of. A file that was deleted or replaced by
    another program is still open here, and is written again. Records that the broker has are deleted together, as a
    deletion that is lost only repeats a record. A full disk takes no deletion: its records are read all the same, and
    with the last of them the whole file goes, which needs no room.
    """

    def __init__(self, path: Path, memory_limit: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Find out whether the disk is usable, so that an operator knows before it is needed.

        Args:
            path: of the file.
            memory_limit: records that are kept without a disk, for the log.
            monotonic: seconds of a clock that never steps.

        """
        self._path = path
        self._monotonic = monotonic
        self._trouble = Trouble(path, memory_limit, monotonic)
        self._file: SpoolFile | None = None
        self._extent = _NOTHING
        self._repairing: _Repair | None = None
        self._copies: dict[Key, QueuedRecord] = {}
        self._done: set[Key] = set()
        self._delete_due = 0.0
        self._look_due = 0.0
        self.last = 0
        """The highest number that was seen on disk."""
        self.lost: dict[Cause, int] = {}
        """Records that were stored and are not there any more."""
        self._try()

    @property
    def problem(self) -> str:
        """What is wrong with the disk; empty while it is usable."""
        return self._trouble.problem

    def __len__(self) -> int:
        return max(0, self._extent.count - len(self._done))

    def holds(self, key: Key) -> bool:
        """Whether a record is on disk."""
        return key in self._copies or (
            bool(self._extent.count) and self._do(lambda file: file.holds(key), reads=True) is True
        )

    def insert(self, records: list[QueuedRecord]) -> list[QueuedRecord]:
        """Store records, all or none; return them with the numbers that they have there, or nothing if that failed."""
        rows = self._do(lambda file: file.insert(records))
        if isinstance(rows, _Failed):
            return []
        self._copies.update((record.key, record) for record in rows)
        for key in list(self._copies)[: max(0, len(self._copies) - _COPIES)]:
            del self._copies[key]
        return rows

    def after(self, number: int, limit: int) -> list[QueuedRecord]:
        """Return the oldest records whose number is above `number`; from memory where the disk cannot be read."""
        self._delete_done()
        rows = self._do(lambda file: self._waiting(file, number, limit), reads=True) if self._extent.count else []
        if not isinstance(rows, _Failed):
            return rows
        copies = (record for record in self._copies.values() if record.number > number)
        return [] if self.hides_records else list(itertools.islice(copies, limit))

    def _waiting(self, file: SpoolFile, number: int, limit: int) -> list[QueuedRecord]:
        """Return the oldest records of a file above a number, without those that the broker has."""
        found: list[QueuedRecord] = []
        while True:
            page = file.after(number, limit)
            found += [record for record in page if record.key not in self._done]
            if len(found) >= limit or len(page) < limit:
                return found[:limit]
            number = page[-1].number

    @property
    def hides_records(self) -> bool:
        """Whether older records may be on a disk that cannot be read now, and are worth waiting for."""
        if not self.problem or self._is_readable or self._trouble.seconds > _HIDDEN_SECONDS:
            return False
        if self._extent is _NOTHING:  # it was never opened
            return os.path.exists(self._path)  # noqa: PTH110 - it raises nothing
        return len(self) > len(self._copies)

    def unsynced(self, machine: str) -> list[QueuedRecord]:
        """Return the records that were made in this boot of the machine while its clock was not synchronised."""
        rows = self._do(lambda file: file.unsynced(machine), reads=True) if self._extent.count else []
        return [] if isinstance(rows, _Failed) else rows

    def replace(self, records: list[QueuedRecord]) -> None:
        """Store new times of records that are there."""
        if records:
            self._do(lambda file: file.replace(records))
            self._copies.update((record.key, record) for record in records if record.key in self._copies)

    def remove(self, key: Key) -> None:
        """Forget a record: the broker has it."""
        self._copies.pop(key, None)
        self._done.add(key)

    def drop_excess(self, max_records: int, max_bytes: int) -> int:
        """Give up the oldest records above either bound; return how many."""
        if not self._extent.count:
            return 0

        def drop(file: SpoolFile) -> int:
            many = file.count - max_records
            large = _DROP_TOGETHER if file.bytes_in_use() >= max_bytes else 0
            if max(many, large) <= 0:
                return 0
            forget_note(self._path)
            return file.drop_oldest(max(many, large))

        dropped = self._do(drop)
        return 0 if isinstance(dropped, _Failed) else dropped

    def run_due(self) -> None:
        """Delete what the broker has, and try a disk again that failed."""
        if len(self._done) >= _DELETE_TOGETHER or (self._done and self._monotonic() >= self._delete_due):
            self._delete_done()
        if self.problem or (self._file is not None and self._monotonic() >= self._look_due):
            self._try()

    def try_now(self) -> None:
        """Let the next call use the disk, even shortly after a failure."""
        self._trouble.try_now()

    def close(self) -> None:
        """Delete what the broker has, and close the file."""
        self._try()
        if self._file is None:
            return
        if self._file.is_elsewhere:
            log.error("spool %s: was deleted, and its %d records are lost with this process", self._path, len(self))
        self._close_file()

    def _try(self) -> None:
        self._look_due = self._monotonic() + _LOOK_SECONDS
        if not isinstance(self._do(lambda file: file.probe() if self.problem else None), _Failed):
            self._delete_done()

    def _delete_done(self) -> None:
        """Delete on disk what the broker has, and the file with the last record."""
        self._delete_due = self._monotonic() + _DELETE_SECONDS
        done = self._done

        def delete(file: SpoolFile) -> None:
            forget_note(self._path)
            file.delete(done)

        if done and not isinstance(self._do(delete), _Failed):
            self._done = set()
        if self._file is not None and self._has_all(self._file):
            self._close_file()
            self._extent, self._done = Extent(self._extent.generation, first=0, last=0, count=0), set()
            try:
                forget_note(self._path)
                remove_file(self._path)
            except OSError as error:
                self._fail(error)

    def _has_all(self, file: SpoolFile) -> bool:
        """Whether the broker has every record of a file."""
        if len(self._done) < file.count:
            return False
        return self._do(lambda file: self._done.issuperset(file.keys()), reads=True) is True

    @property
    def _is_readable(self) -> bool:
        """Whether the disk is only too full to be written to."""
        return self._trouble.is_full and self._file is not None

    def _do(self, work: Callable[[SpoolFile], _T], *, reads: bool = False) -> "_T | _Failed":
        """Do something with the file; what only `reads` is done on a full disk, too."""
        reads = reads and self._is_readable
        if self._trouble.is_held and not reads:
            return _FAILED
        try:
            if self._file is None:
                self._file = self._open()
            elif self._file.is_elsewhere:
                self._file = self._write_again(self._file)
            elif self._file.is_changed:
                return self._repair(work, "spool_replaced")
            result = self._work(self._file, work)
        except (OSError, sqlite3.Error, ValueError) as error:
            return self._repair(work, "spool_damaged") if is_damage(error, self._path) else self._fail(error)
        if not reads:
            self._trouble.end()
        return result

    def _work(self, file: SpoolFile, work: Callable[[SpoolFile], _T]) -> _T:
        result = work(file)
        before, self._extent = self._extent, file.extent
        if self._extent != before:
            write_note(self._path, self._extent)
        self.last = max(self.last, file.last)
        file.note_state()
        return result

    def _open(self) -> SpoolFile:
        """Open the file; find out whether it is the one that was used last. A repair that failed half-way goes on."""
        if self._repairing is not None:
            return self._begin_again(self._repairing)
        file = SpoolFile(self._path)
        for known in read_notes(self._path):
            self._count_lost("spool_replaced", self._missing(file, known))
            if file.extent.generation == known.generation:
                file.delete_before(known.first)  # delivered long ago, and here again with an older copy
        write_note(self._path, file.extent)
        return file

    def _write_again(self, old: SpoolFile) -> SpoolFile:
        """Return a new file with the records of one that was deleted or replaced; it is still open, and so readable."""
        new = copy_to(old, self._path.with_name(f"{self._path.name}.new"))
        forget_note(self._path)
        aside = set_aside(self._path)  # first: closing the old one deletes its log by name
        self._close_file()
        new.rename(self._path)
        sync_folder(self._path.parent)
        file = SpoolFile(self._path)
        log.error(
            "spool %s: was deleted or replaced while it is in use; its %d records are written again, what was there is "
            "%s; stop emotion-edge before you change this folder",
            self._path,
            file.count,
            aside.name if aside.exists() else "gone",
        )
        return file

    def _repair(self, work: Callable[[SpoolFile], _T], cause: Cause) -> "_T | _Failed":
        """Set a damaged file aside, begin a new one with what can be read and what memory has, and go on."""
        opened = self._extent is not _NOTHING
        known = self._extent if opened else next(iter(read_notes(self._path)), _NOTHING)
        try:
            self._close_file()
            forget_note(self._path)
            self._repairing = _Repair(set_aside(self._path), known, opened, cause)
            self._file = self._open()
            return self._work(self._file, work)
        except (OSError, sqlite3.Error, ValueError) as error:
            return self._fail(error)

    def _begin_again(self, repair: "_Repair") -> SpoolFile:
        """Return a new file with what can be read of one that was set aside and what memory has; count the rest."""
        file, known = SpoolFile(self._path), repair.known
        file.restore(self._copies.values())
        copies = file.count
        if generation_of(repair.aside) == known.generation or not (repair.opened and known.count):
            file.restore(record for record in readable(repair.aside) if record.number >= known.first)
        else:
            file.insert(readable(repair.aside))
        self._repairing = None
        log.error(
            "spool %s: %s, now %s; %d records could be read, %d more were in memory; look at the card",
            self._path,
            "damaged" if repair.cause == "spool_damaged" else "written by another program while it is in use",
            repair.aside.name,
            file.count - copies,
            copies,
        )
        self._count_lost(repair.cause, max(0, known.count - file.count_between(known.first, known.last)))
        return file

    @staticmethod
    def _missing(file: SpoolFile, known: Extent) -> int:
        """Return how many of the known records are not in a file."""
        same = file.extent.generation == known.generation
        return known.count - file.count_between(known.first, known.last) if same else known.count

    def _count_lost(self, cause: Cause, records: int) -> None:
        if records > 0:
            self.lost[cause] = self.lost.get(cause, 0) + records
            log.error("spool %s: %d records that were stored are lost (%s)", self._path, records, cause)

    def _fail(self, error: Exception) -> "_Failed":
        self._trouble.begin(error)
        if self._file is not None and not self._file.is_elsewhere:  # else it holds the only copy
            if self._trouble.is_full:  # to open it again may need room
                self._file.shrink()
                self._file.note_state()
            else:
                self._close_file()
        return _FAILED

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(frozen=True)
class _Repair:
    """A file that was set aside and is yet to be replaced: its new name, what it held, whether it was in use, why."""

    aside: Path
    known: Extent
    opened: bool
    cause: Cause


class _Failed:
    """The disk did not do it."""


_FAILED = _Failed()
