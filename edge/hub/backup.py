"""Copies of an SQLite history: made while the hub runs, put back while it does not."""

import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

from edge.errors import ConfigError, Unavailable, UnusableInput
from edge.hub.people.sessions import Sessions
from edge.hub.store.database import SIDES, Database, give_to_owner, is_known


def backup(database: Database, target: Path) -> None:
    """Write a copy of the history as it is now; the hub may run.

    Raises:
        ConfigError: the history is on PostgreSQL, is not there, or is of another release.
        Unavailable: the target is there already, or cannot be written.

    """
    source = _sqlite(database, "pg_dump --format=custom --schema=emotion_edge")
    database.check()
    if target.exists():
        raise Unavailable(target, "is there already", "name a new file")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(source, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        _sync(part)
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(target, f"cannot be written ({reason})", "free space, name a file of this user") from error
    finally:
        part.unlink(missing_ok=True)


def restore(database: Database, source: Path) -> Path | None:
    """Put a copy in the place of the history; return where the former history is kept, None where there was none.

    Raises:
        UnusableInput: the copy cannot be read, is damaged, or was made by a newer release; nothing was changed.
        DatabaseInUse: the hub runs.

    """
    file = _sqlite(database, "pg_restore")
    _check(source)
    with database.lock():
        part = file.with_suffix(".restored")
        try:
            shutil.copyfile(source, part)
            part.chmod(0o600)
            give_to_owner(part)
            _sync(part)
            kept = _replace(file, part)
        except OSError as error:
            part.unlink(missing_ok=True)
            problem = f"cannot be replaced ({error.strerror}); it is as it was"
            raise Unavailable(file, problem, "free space, use the hub's user") from error
        database.upgrade()
        Sessions(database).end_all()  # one that was ended since the backup must not begin again
    return kept


def _sqlite(database: Database, command: str) -> Path:
    if database.file is None:
        raise ConfigError("store.url", "is PostgreSQL, which has its own tool", f"use {command}")
    return database.file


def _check(source: Path) -> None:
    try:
        with sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
    except sqlite3.Error as error:
        raise UnusableInput(source, f"is no backup of a history ({error})", "name a file that `backup` made") from error
    if found != "ok":
        raise UnusableInput(source, f"is damaged ({found[:100]})", "take another backup")
    if not is_known(revision):
        problem = f"was made by a newer release (version {str(revision)[:20]})"
        raise UnusableInput(source, problem, "install that release, then restore it")


def _replace(file: Path, part: Path) -> Path | None:
    """Set the history aside and rename `part` to it; return where the former one is kept, None where there was none.

    Raises:
        OSError: that is not possible; the history is as it was.
        Unavailable: that is not possible, and neither is it to take it back; the message says what lies where.

    """
    kept = file.with_name(f"{file.name}.before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    existed = file.exists()
    try:
        _rename(file, kept)
        part.rename(file)
        _sync(file.parent)
    except OSError as error:
        try:
            _rename(kept, file)
        except OSError:
            problem = f"is not there now ({error.strerror}): the former history is {kept}, the restored one {part}"
            remedy = f"rename one of them to it, with the file of the same name that ends with -wal: mv {kept} {file}"
            raise Unavailable(file, problem, remedy) from error
        raise
    return kept if existed else None


def _rename(file: Path, target: Path) -> None:
    """Rename a history and what belongs to it; nothing where it is not there."""
    for side in reversed(SIDES):  # the database last: without it, its log would be lost
        part = file.with_name(file.name + side)
        if part.exists():
            part.rename(target.with_name(target.name + side))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
