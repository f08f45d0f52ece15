"""What must outlive a restart: the pause from afar and the button's. The publisher writes it, the observer reads it."""

import logging
from pathlib import Path

from pydantic import ValidationError

from edge.contract.records import Record

log = logging.getLogger(__name__)


class Memory(Record):
    """The holders of a pause that no clock can tell."""

    remote: bool
    button: bool


def memory_path(directory: Path) -> Path:
    """Return the file in the state directory."""
    return directory / "pause.json"


def remembered(path: Path) -> Memory:
    """Return what the file says; one that cannot be understood may have said that the camera is to stay closed."""
    try:
        return Memory.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Memory(remote=False, button=False)
    except (OSError, ValidationError):
        log.warning("%s: cannot be read, so everything is paused; switch the pause off again, or delete the file", path)
        return Memory(remote=True, button=True)
