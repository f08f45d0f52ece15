"""A file in the state directory: at the last stop, closed records could not be handed over.

`emotion-edge run` and the unit of the observer (`ExecStopPost=`) write it: the observer can write no file. The next
publisher publishes it in `info`, and deletes it.
"""

import contextlib
from pathlib import Path

from edge.system.state_file import write_durably


def note_loss(directory: Path) -> None:
    """Note it; a failure is logged."""
    write_durably(_path(directory), "")


def is_loss_noted(directory: Path) -> bool:
    """Return whether it was noted since the last start."""
    try:
        return _path(directory).is_file()
    except OSError:
        return False


def forget_loss(directory: Path) -> None:
    """Delete the note."""
    with contextlib.suppress(OSError):
        _path(directory).unlink(missing_ok=True)


def _path(directory: Path) -> Path:
    return directory / "records-lost"
