"""A spool whose content is wrong: whether it is that, what can still be read of it, and where it is set aside."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from edge.publisher.spool.file import COLUMNS, SIDES, TABLE, Damaged, as_text, record_of, remove_file
from edge.publisher.spool.queued_record import QueuedRecord

_KEPT_DAMAGED = 3
_NOT_DAMAGE = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
    *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS),
}
"""Failures of the disk, of its rights or of the machine; every other one comes from the content of the file."""


def is_damage(error: Exception, path: Path) -> bool:
    """Whether it is the content of the file that is wrong, and not the disk."""
    if isinstance(error, OSError):
        return False
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # above it: which kind of damage, as SQLITE_CORRUPT_INDEX
    if primary == sqlite3.SQLITE_READONLY:  # a damaged header says so, too
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return primary not in _NOT_DAMAGE


def set_aside(path: Path) -> Path:
    """Rename a damaged file to `….corrupt-<n>`, keep the newest few of those, return the new name."""
    earlier = sorted(_damaged(path))
    aside = path.with_name(f"{path.name}.corrupt-{earlier[-1] + 1 if earlier else 1}")
    for side in SIDES:
        with contextlib.suppress(FileNotFoundError):
            if side == "-shm":  # SQLite makes it anew from the log; a damaged one can have filled the disk
                path.with_name(path.name + side).unlink()
            else:
                path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    for number in earlier[: max(0, len(earlier) + 1 - _KEPT_DAMAGED)]:
        remove_file(path.with_name(f"{path.name}.corrupt-{number}"))
    return aside


def readable(path: Path) -> Iterator[QueuedRecord]:
    """Yield what can still be read of a damaged file: from either end up to the first damaged page."""
    if not path.is_file():
        return
    with contextlib.suppress(sqlite3.Error, ValueError):
        _restore_schema(path)
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error, ValueError):
            yield from _rows(path, order)
            return


def _rows(path: Path, order: str) -> Iterator[QueuedRecord]:
    """Yield the sound rows of a damaged file; raise `sqlite3.Error` at the first damaged page."""
    with contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
        database.text_factory = as_text
        for row in database.execute(f"SELECT {COLUMNS} FROM record NOT INDEXED ORDER BY number {order}"):  # noqa: S608
            with contextlib.suppress(Damaged):
                yield record_of(row)


def _restore_schema(path: Path) -> None:
    """Write the definition of the table anew; with a damaged one SQLite reads no row."""
    with contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
        database.execute("PRAGMA writable_schema = ON")
        with database:
            known = "type = 'table', name = 'record', tbl_name = 'record', sql = ?"
            database.execute(f"UPDATE sqlite_master SET {known} WHERE rowid = 1", (TABLE,))  # noqa: S608
            database.execute("DELETE FROM sqlite_master WHERE rowid > 1")  # the index, which no longer follows from it


def generation_of(path: Path) -> int:
    """Return the generation of a file that may be damaged; 0 where it cannot be read."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
        return int(database.execute("PRAGMA application_id").fetchone()[0])
    return 0


def _damaged(path: Path) -> Iterator[int]:
    for other in path.parent.glob(f"{path.name}.corrupt-*"):
        if (number := other.name.rpartition("-")[2]).isdigit():
            yield int(number)
