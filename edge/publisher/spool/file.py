"""The spool's file: SQLite in write-ahead mode.

What a power cut leaves behind: with `journal_mode = WAL` a commit is appended to the log and checked by checksums, so
that a torn one is ignored when the file is opened again; with `synchronous = FULL` the log has reached the card before
`insert` returns, and checkpoints reach it before the log is used anew. So a record that `insert` has returned for is
there after a cut at any instruction. A deletion that is lost in the same way only repeats a record: its key says so.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.publisher.spool.queued_record import QueuedRecord

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
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
_COLUMNS = "number, boot, seq, machine, monotonic, synced, payload"
_PAGE = 4096
_KEPT_DAMAGED = 3
_SIDES = ("", "-wal", "-shm")


class Damaged(sqlite3.DatabaseError):
    """The file is no sound spool of this version."""


class SpoolFile:
    """Records on disk, oldest first; every method raises `sqlite3.Error` or `OSError` where the disk fails."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=1)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._create(path)
            self._check()
            self.count = int(self._database.execute("SELECT COUNT(*) FROM record").fetchone()[0])
            """Records on disk."""
            self.last = int(self._database.execute("SELECT COALESCE(MAX(number), 0) FROM record").fetchone()[0])
            """The highest number on disk."""
        except sqlite3.Error:
            self._database.close()
            raise

    def insert(self, records: Iterable[QueuedRecord]) -> None:
        """Store records durably, all or none; one whose key is there already is left as it is."""
        last = self.last

        def rows() -> Iterator[tuple[int, str, int, str, float, bool, str]]:
            nonlocal last
            for r in records:
                last = max(last, r.number)
                yield r.number, r.boot, r.seq, r.machine, r.monotonic, r.synced, r.text

        with self._database:
            statement = f"INSERT OR IGNORE INTO record ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
            added = self._database.executemany(statement, rows()).rowcount
        self.count += max(added, 0)
        self.last = last

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

    def drop_oldest(self, count: int) -> int:
        """Give up the oldest records; return how many there were."""
        with self._database:
            gone = self._database.execute(
                "DELETE FROM record WHERE number IN (SELECT number FROM record ORDER BY number LIMIT ?)", (count,)
            ).rowcount
        self.count -= gone
        return gone

    def after(self, number: int, limit: int) -> list[QueuedRecord]:
        """Return the oldest records above a number."""
        return [
            _queued_record(row)
            for row in self._database.execute(
                f"SELECT {_COLUMNS} FROM record WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
                (number, limit),
            )
        ]

    def unsynced(self, machine: str) -> list[QueuedRecord]:
        """Return at most 10,000 of the records that were made in this boot of the machine, clock not synchronised."""
        return [
            _queued_record(row)
            for row in self._database.execute(
                f"SELECT {_COLUMNS} FROM record WHERE NOT synced AND machine = ? ORDER BY number LIMIT 10000",  # noqa: S608
                (machine,),
            )
        ]

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
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name of the new file, too, must outlive a power cut
        finally:
            os.close(folder)


def is_damage(error: Exception) -> bool:
    """Whether it is the file's content that is wrong, and not the disk."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # above it: which kind of damage, as SQLITE_CORRUPT_INDEX
    return isinstance(error, Damaged) or primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def remove_file(path: Path) -> None:
    """Delete a closed, empty spool with what SQLite keeps beside it."""
    for side in _SIDES:
        path.with_name(path.name + side).unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `….corrupt-<n>`, keep the newest few of those, return the new name."""
    earlier = sorted(_damaged(path))
    aside = path.with_name(f"{path.name}.corrupt-{earlier[-1] + 1 if earlier else 1}")
    for side in _SIDES:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    for number in earlier[: max(0, len(earlier) + 1 - _KEPT_DAMAGED)]:
        remove_file(path.with_name(f"{path.name}.corrupt-{number}"))
    return aside


def readable(path: Path) -> Iterator[QueuedRecord]:
    """Yield what can still be read of a damaged file, up to the first damaged page."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
        for row in database.execute(f"SELECT {_COLUMNS} FROM record ORDER BY number"):  # noqa: S608
            try:
                yield _queued_record(row)
            except (TypeError, ValueError):
                continue


def _damaged(path: Path) -> Iterator[int]:
    for other in path.parent.glob(f"{path.name}.corrupt-*"):
        if (number := other.name.rpartition("-")[2]).isdigit():
            yield int(number)


def _queued_record(row: tuple[int, str, int, str, float, int, str]) -> QueuedRecord:
    number, boot, seq, machine, monotonic, synced, text = row
    return QueuedRecord(int(number), str(boot), int(seq), str(machine), float(monotonic), bool(synced), str(text))
