"""Whether a publisher runs on a state directory: a lock on the folder, which ends with the process."""

import fcntl
import os
import time
from pathlib import Path

from edge.errors import Unavailable

_PATIENCE_SECONDS = 2.0
"""`is_locked` takes the lock for a moment."""


class StateLock:
    """Held by a running publisher, one for each folder.

    A folder that cannot be made or opened is not locked: nothing is kept there.
    """

    def __init__(self, directory: Path) -> None:
        """Lock the folder; make it if needed.

        Raises:
            Unavailable: another publisher has locked it.

        """
        self._directory = directory
        self._folder: int | None = None
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._folder = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
            self._lock()
        except Unavailable:
            self.close()
            raise
        except OSError:
            self.close()

    @property
    def held(self) -> bool:
        """Whether there is a folder, and it is locked."""
        return self._folder is not None

    @property
    def is_lost(self) -> bool:
        """Whether the locked folder was deleted, or another one is in its place."""
        if self._folder is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._folder), self._directory.stat())
        except OSError:
            return True

    def close(self) -> None:
        """Release the folder."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _lock(self) -> None:
        assert self._folder is not None
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    problem = "another publisher uses this state directory"
                    remedy = "stop it, or give each device a folder of its own: set spool.directory"
                    raise Unavailable(self._directory, problem, remedy) from None
                time.sleep(_PATIENCE_SECONDS / 20)
            else:
                return


def is_locked(directory: Path) -> bool:
    """Return whether a publisher runs on `directory`; False where there is no such folder."""
    try:
        folder = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
    return False
