"""Holds the state directory while a publisher runs, and writes it again where someone deletes or replaces it."""

import errno
import logging
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from edge.errors import Unavailable
from edge.system.once import OnceLogger
from edge.system.state_file import replace_durably
from edge.system.state_lock import StateLock

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_MOST_BYTES = 65_536
_MOST_FILES = 32
_LASTING = {errno.EACCES, errno.EPERM, errno.EIO}
"""Errors of one file; others, such as of a file that is replaced meanwhile, are over when it is tried again."""


class _File(NamedTuple):
    """Content and permissions of a file."""

    text: str
    mode: int


class StateKeeper:
    """Locks the folder and remembers the small files in it: names, pauses, privacy settings.

    A single file that disappears was deleted by someone who knows why, such as `privacy.json`. A folder that
    disappears as a whole, or gives way to a copy of earlier, would silently rename the device and end its pauses.
    """

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Lock the folder.

        Raises:
            Unavailable: another publisher has locked it.

        """
        self._directory = directory
        self._monotonic = monotonic
        self._lock = StateLock(directory)
        self._files: dict[str, _File] = {}
        """As they were when the folder changed last, by name."""
        self._changed_at: int | None = None
        self._is_settled = False
        """Whether they were read once more since the last change: two changes within milliseconds have one time."""
        self._failures = OnceLogger(log)
        self._due = 0.0

    def run_due(self) -> None:
        """Look once a second."""
        if self._monotonic() >= self._due:
            self.look()

    def look(self) -> None:
        """Note what changed, or write everything again where the folder is not the one that is held."""
        self._due = self._monotonic() + _LOOK_SECONDS
        if self._lock.is_lost:
            self._restore()
        else:
            self._remember()

    def close(self) -> None:
        """Release the folder."""
        self._lock.close()

    def _remember(self) -> None:
        try:
            changed_at = self._directory.stat().st_mtime_ns  # each file is written by a new one that takes its name
            is_changed = changed_at != self._changed_at
            if is_changed or not self._is_settled:
                paths = sorted(self._directory.iterdir())[:_MOST_FILES]
                self._files = {path.name: file for path in paths if (file := _read(path)) is not None}
                self._changed_at, self._is_settled = changed_at, not is_changed
        except OSError:
            return  # tried again in a second

    def _restore(self) -> None:
        try:
            lock = StateLock(self._directory)
        except Unavailable as error:
            self._failures.warning(error.facts, "%s", error)
            return
        if not lock.held:
            self._failures.warning(
                "gone", "%s: was deleted and cannot be made again; make it writable", self._directory
            )
            return
        self._lock.close()
        self._lock = lock
        written = sum(_write(self._directory / name, file) for name, file in self._files.items())
        log.error(
            "%s: deleted or replaced while it is in use; %d of %d files are written again; stop emotion-edge before "
            "you change this folder",
            self._directory,
            written,
            len(self._files),
        )


def _read(path: Path) -> _File | None:
    """Return a small file; None where it is none of those that outlive a run, or cannot be read."""
    if path.name.startswith("spool") or path.suffix == ".new" or ".damaged-" in path.name or path.is_symlink():
        return None  # the spool looks after its own files
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
            return None
        return _File(path.read_text(encoding="utf-8").rstrip("\n"), stat.S_IMODE(state.st_mode))
    except UnicodeDecodeError:
        return None
    except OSError as error:
        if error.errno in _LASTING:  # such as of a copy that root made: it must not hide the others
            return None
        raise


def _write(path: Path, file: _File) -> bool:
    try:
        replace_durably(path, file.text, file.mode)
    except OSError:
        return False
    return True
