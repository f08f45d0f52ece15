"""Whether a publisher runs on a state directory: a shared lock on the folder, which ends with the process."""

import fcntl
import os
from pathlib import Path


class StateLock:
    """Held by a running publisher. A folder that cannot be opened is not locked: nothing is kept there."""

    def __init__(self, directory: Path) -> None:
        self._folder: int | None = None
        try:
            self._folder = os.open(directory, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
            fcntl.flock(self._folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            self.close()

    def close(self) -> None:
        """Release the folder."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


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
