"""The spool's file: SQLite in write-ahead mode.

What a power cut leaves behind: with `journal_mode = WAL` a commit is appended to the log and checked by checksums, so
that a torn one is ignored when the file is opened again; with `synchronous = FULL` the log has reached the card before
`insert` returns, and checkpoints reach it before the log is used anew. So a record that `insert` has returned for is
there after a cut at any instruction. A deletion that is lost in the same way only repeats a record: its key says so.
"""

import contextlib
import dataclasses
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.publisher.spool.queued_record import MOST, QueuedRecord
from edge.system.state_file import sync_folder

_VERSION = 1
_SCHEMA = """
CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    boot TEXT NOT NULL,
    seq INTEGER NOT NULL,
    machine TEXT NOT NULL,
    monotonic REAL NOT NULL,
    synced INTEGER NOT NULL,
    payload TEXT NOT NULL,
    UNIQUE (boot, seq)
)
"""
TABLE = _SCHEMA.strip()
"""As SQLite keeps it in `sqlite_master`."""
COLUMNS = "number, boot, seq, machine, monotonic, synced, payload"
"""Of a row, in the order of `record_of`."""
MOST_UNSYNCED = 10_000
"""Records whose times are corrected at once; a day of ten seconds has 8,640."""
_PAGE = 4096
_COPY_TOGETHER = 500
SIDES = ("", "-wal", "-shm")
"""Endings of the files that SQLite keeps of one database."""
_State = list[tuple[int, int]]


class Damaged(sqlite3.DatabaseError):
    """The file is no sound spool of this version."""


@dataclasses.dataclass(frozen=True)
class Extent:
    """Which records a file holds.

    Attributes:
        generation: random number of the file; a copy has the same.
        first: the lowest number.
        last: the highest number.
        count: how many records.

    """

    generation: int
    first: int
    last: int
    count: int


class SpoolFile:
    """Records on disk, oldest first; every method raises `sqlite3.Error` or `OSError` where the disk fails."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise Damaged("is no regular file")
        self._database = sqlite3.connect(path, timeout=1)
        self._database.text_factory = as_text
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._create(path)
            self._check()
            self._generation = int(self._database.execute("PRAGMA application_id").fetchone()[0])
            self.count = int(self._database.execute("SELECT COUNT(*) FROM record").fetchone()[0])
            """Records on disk."""
            self.last = int(self._database.execute("SELECT COALESCE(MAX(number), 0) FROM record").fetchone()[0])
            """The highest number that was on disk."""
            self._path = path
            self._at = path.stat()
            self._state: _State | None = None
            if self.last > MOST:
                raise Damaged(f"holds the number {self.last}")
        except (sqlite3.Error, ValueError):
            self._database.close()
            raise

    def insert(self, records: Iterable[QueuedRecord]) -> list[QueuedRecord]:
        """Store records durably, all or none; one whose key is there already is left as it is.

        Returns:
            the records with the numbers that they have here: those that they came with, or higher ones where these are
            taken. They only give the order.

        """
        numbered = []
        last = max(self.last, self.extent.last)
        for record in records:
            last = max(last + 1, record.number)
            numbered.append(record if record.number == last else dataclasses.replace(record, number=last))
        self._insert("INSERT", "ON CONFLICT (boot, seq) DO NOTHING", numbered)
        self.last = max(self.last, last)
        return numbered

    def restore(self, records: Iterable[QueuedRecord]) -> None:
        """Store records of another file durably, under the numbers that they had there; skip what does not fit."""
        self._insert("INSERT OR IGNORE", "", records)
        self.last = max(self.last, self.extent.last)

    def _insert(self, verb: str, conflict: str, records: Iterable[QueuedRecord]) -> None:
        rows = ((r.number, r.boot, r.seq, r.machine, r.monotonic, r.synced, r.text) for r in records)
        with self._database:
            statement = f"{verb} INTO record ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?) {conflict}"
            added = self._database.executemany(statement, rows).rowcount
        self.count += max(added, 0)

    @property
    def extent(self) -> Extent:
        """Which records are here."""
        first, last = self._database.execute(
            "SELECT COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM record"
        ).fetchone()
        return Extent(generation=self._generation, first=first, last=last, count=self.count)

    def note_state(self) -> None:
        """Note what the files look like after the last use."""
        self._state = _state(self._path)

    @property
    def is_changed(self) -> bool:
        """Whether another program wrote into the files since `note_state`."""
        return self._state is not None and _state(self._path) != self._state

    @property
    def is_elsewhere(self) -> bool:
        """Whether the file was deleted, or another one is in its place; its records can still be read here."""
        try:
            return not os.path.samestat(self._at, self._path.stat())
        except OSError:
            return True

    def replace(self, records: Iterable[QueuedRecord]) -> None:
        """Store new times of records that are there."""
        rows = ((r.synced, r.text, r.number) for r in records)
        with self._database:
            self._database.executemany("UPDATE record SET synced = ?, payload = ? WHERE number = ?", rows)

    def delete(self, keys: Iterable[tuple[str, int]]) -> None:
        """Forget records."""
        with self._database:
            gone = self._database.executemany("DELETE FROM record WHERE boot = ? AND seq = ?", keys).rowcount
        self.count -= max(gone, 0)

    def count_between(self, first: int, last: int) -> int:
        """Return how many records have these numbers or one between."""
        query = "SELECT COUNT(*) FROM record WHERE number BETWEEN ? AND ?"
        return int(self._database.execute(query, (first, last)).fetchone()[0])

    def delete_before(self, number: int) -> None:
        """Forget records with lower numbers."""
        with self._database:
            gone = self._database.execute("DELETE FROM record WHERE number < ?", (number,)).rowcount
        self.count -= max(gone, 0)

    def drop_oldest(self, count: int) -> int:
        """Give up the oldest records; return how many there were."""
        with self._database:
            gone = self._database.execute(
                "DELETE FROM record WHERE number IN (SELECT number FROM record ORDER BY number LIMIT ?)", (count,)
            ).rowcount
        self.count -= gone
        return gone

    def after(self, number: int, limit: int) -> list[QueuedRecord]:
        """Return the oldest records above a number; raise `Damaged` where one cannot be right."""
        return [
            record_of(row)
            for row in self._database.execute(
                f"SELECT {COLUMNS} FROM record WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                (number, limit),
            )
        ]

    def unsynced(self, machine: str) -> list[QueuedRecord]:
        """Return the oldest `MOST_UNSYNCED` records of this boot of the machine whose clock was not synchronised."""
        return [
            record_of(row)
            for row in self._database.execute(
                f"SELECT {COLUMNS} FROM record WHERE NOT synced AND machine = ? ORDER BY number LIMIT ?",  # noqa: S608
                (machine, MOST_UNSYNCED),
            )
        ]

    def keys(self) -> Iterator[tuple[str, int]]:
        """Yield what names each record."""
        yield from self._database.execute("SELECT boot, seq FROM record")

    def probe(self) -> None:
        """Write something that changes nothing, to see whether the disk takes it."""
        self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def shrink(self) -> None:
        """Give back what the log holds of the disk, as far as that can be done without more room."""
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def holds(self, key: tuple[str, int]) -> bool:
        """Whether a record is here."""
        query = "SELECT COUNT(*) FROM record WHERE boot = ? AND seq = ?"
        return bool(self._database.execute(query, key).fetchone()[0])

    def bytes_in_use(self) -> int:
        """Return the size of all pages that hold something."""
        pages = int(self._database.execute("PRAGMA page_count").fetchone()[0])
        return (pages - int(self._database.execute("PRAGMA freelist_count").fetchone()[0])) * _PAGE

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _check(self) -> None:
        """Compare rows, index and pages: a damaged index alone would say that there are no records."""
        if (verdict := self._database.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise Damaged(verdict)
        if self._database.execute("SELECT sql FROM sqlite_master WHERE name = 'record'").fetchone() != (TABLE,):
            raise Damaged("has another table")

    def _create(self, path: Path) -> None:
        version = int(self._database.execute("PRAGMA user_version").fetchone()[0])
        if version == _VERSION:
            return
        if version or self._database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise Damaged(f"is a spool of another version ({version})")
        with self._database:
            self._database.execute("BEGIN")  # sqlite3 itself begins no transaction for these
            self._database.execute(_SCHEMA)
            self._database.execute(f"PRAGMA user_version = {_VERSION}")
            self._database.execute(f"PRAGMA application_id = {secrets.randbelow(2**31)}")
        sync_folder(path.parent)  # the name of the new file, too, must outlive a power cut


def _state(path: Path) -> _State:
    """Return size and time of the last change of the database and of its log."""
    found = []
    for side in SIDES[:2]:
        with contextlib.suppress(OSError):
            state = path.with_name(path.name + side).stat()
            found.append((state.st_size, state.st_mtime_ns))
    return found


def remove_file(path: Path) -> None:
    """Delete a closed, empty spool with what SQLite keeps beside it."""
    for side in SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)


def copy_to(file: SpoolFile, path: Path) -> Path:
    """Write all records of an open file durably into a new one at `path`, and return that.

    Raises:
        OSError, sqlite3.Error: it cannot be written; nothing is left there.

    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        remove_file(path)
    try:
        new = SpoolFile(path)
        try:
            number = 0
            while batch := file.after(number, _COPY_TOGETHER):
                new.restore(batch)
                number = batch[-1].number
        finally:
            new.close()
    except (OSError, sqlite3.Error):
        with contextlib.suppress(OSError):
            remove_file(path)
        raise
    return path


def record_of(row: tuple[object, ...]) -> QueuedRecord:
    """Return the record of a row.

    Raises:
        Damaged: the row cannot be what was written.

    """
    try:
        return QueuedRecord.of_row(row)
    except (TypeError, ValueError, RecursionError) as error:
        raise Damaged(f"holds a row that cannot be right ({error})") from error


def as_text(stored: bytes) -> str:
    """Return a text of the file; what is no UTF-8 in it becomes U+FFFD."""
    return stored.decode(errors="replace")
