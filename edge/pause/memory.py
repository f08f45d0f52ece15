"""The pauses that must survive a restart: remote and button. The publisher writes the file, the observer reads it."""

import logging
from pathlib import Path

from pydantic import ValidationError

from edge.contract.records import Record

log = logging.getLogger(__name__)


class Memory(Record):
    """The sources of a pause that do not follow from the clock."""

    remote: bool
    button: bool


def memory_path(directory: Path) -> Path:
    """Return the path of the file in the state directory."""
    return directory / "pause.json"


def remembered(path: Path) -> Memory:
    """Return the stored pauses. A file that cannot be read may have contained a pause, so it counts as both."""
    try:
        return Memory.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Memory(remote=False, button=False)
    except (OSError, ValidationError):
        log.warning(
            "%s: cannot be read, so the camera is paused; end the pause by pause/set and button, or delete the file",
            path,
        )
        return Memory(remote=True, button=True)
