"""A file system of its own for the state directory, and what makes it fail."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SECONDS


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """Mount an empty file system of so many bytes (`128k`) there; skip the test where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("cannot mount a file system here (not root?)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with contextlib.suppress(OSError), (disk / "filler").open("ab", buffering=0) as file:
        for size in (2**16, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


def make_room(disk: Path) -> None:
    """Undo `fill`."""
    (disk / "filler").unlink(missing_ok=True)


def remount(disk: Path, access: str) -> bool:
    """Make it `ro` or `rw`; return whether that was done: a file that is open for writing keeps it from `ro`."""
    command = ["mount", "-o", f"remount,{access}", str(disk)]
    return not subprocess.run(command, check=False, capture_output=True).returncode


def damage(spool: Path) -> None:
    """Overwrite a database in use between two transactions of its user.

    SQLite itself would repair damage in the middle of one at the commit: it writes the page again from its cache.
    """
    database = sqlite3.connect(spool, timeout=SECONDS, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")  # nobody else writes, or rebuilds the index of the write-ahead log, meanwhile
    for side in ("", "-wal", "-shm"):  # in place, for it is mapped; closing the last gives up the lock
        with spool.with_name(spool.name + side).open("r+b") as file:
            file.write(b"\xa5" * max(8192, os.fstat(file.fileno()).st_size))
    database.close()
