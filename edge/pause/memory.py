"""The pauses that must survive a restart: remote and button. The publisher writes the file, the observer reads it.

The observer does not trust the publisher with the button: what it has noted of the button itself, in a file that the
service manager keeps for it (`edge.system.kept_file`), comes first. Only after a start of the machine is there no such
file, and the publisher's is read for the button, too.
"""

import contextlib
import logging
import os
import stat
from pathlib import Path

from pydantic import ValidationError

from edge.contract.records import Record

log = logging.getLogger(__name__)

_MOST_BYTES = 1024
_NOTES = {b"1": True, b"0": False}


class Memory(Record):
    """The sources of a pause that do not follow from the clock."""

    remote: bool
    button: bool


def memory_path(directory: Path) -> Path:
    """Return the path of the file in the state directory."""
    return directory / "pause.json"


def remembered(path: Path) -> Memory:
    """Return the stored pauses. A file that cannot be read may have contained a pause, so it counts as both.

    A process that can write to the folder can put anything there. So only a regular file is read, up to a fixed length.
    """
    try:
        return Memory.model_validate_json(_read(path))
    except (FileNotFoundError, NotADirectoryError):
        return Memory(remote=False, button=False)
    except (OSError, ValidationError):
        log.warning(
            "%s: cannot be read, so the camera is paused; send pause/set OFF, or delete the file and restart "
            "emotion-edge; then press the button, where there is one",
            path,
        )
        return Memory(remote=True, button=True)


def _read(path: Path) -> bytes:
    """Return the content of a small regular file; never waits.

    Raises:
        OSError: it is something else, or larger.

    """
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(f"{path} is not a regular file")
        content = os.read(file, _MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise OSError(f"{path} is too large")
        return content
    finally:
        os.close(file)


class ButtonMemory:
    """The observer's own note of the button's pause, in an open file that outlives it."""

    def __init__(self, file: int | None = None) -> None:
        """Take a file to note in; None for none, so that nothing is remembered."""
        self._file = file

    def read(self) -> bool | None:
        """Return whether the button held the pause; None where nothing was noted since the machine started."""
        if self._file is None:
            return None
        try:
            return _NOTES.get(os.pread(self._file, 1, 0))
        except OSError:
            return None

    def keep(self, holds: bool) -> None:  # noqa: FBT001 - a switch
        """Note whether the button holds the pause; the thread of the button calls this."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, b"1" if holds else b"0", 0)
