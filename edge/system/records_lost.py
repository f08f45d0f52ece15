"""A note in the state directory: at the last stop, closed records were lost.

Of those that could not be handed over, `emotion-edge run` and the unit of the observer (`ExecStopPost=`, as root) write
it: the observer can write nothing. Of those that the disk did not take, the publisher writes it. It
is a folder, as mkdir(2) follows no link that a compromised publisher may have left there. The next publisher publishes
it in `info`, and deletes it.
"""

import contextlib
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def note_loss(directory: Path) -> None:
    """Note it; a failure is logged."""
    try:
        _path(directory).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.warning("%s: cannot be made (%s), so `info` will not say it", _path(directory), error.strerror)


def is_loss_noted(directory: Path) -> bool:
    """Return whether it was noted since the last start."""
    return os.path.lexists(_path(directory))


def forget_loss(directory: Path) -> None:
    """Delete the note."""
    with contextlib.suppress(OSError):
        _path(directory).rmdir()


def _path(directory: Path) -> Path:
    return directory / "records-lost"
