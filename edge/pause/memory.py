"""The pauses that outlive a restart: remote and button. The publisher writes the file, the observer reads it."""

import logging
from pathlib import Path

from pydantic import ValidationError

from edge.contract.records import Record

log = logging.getLogger(__name__)


class Memory(Record):
    """The holders whose pause is kept in the file; that of the schedule follows from the clock."""

    remote: bool
    button: bool


def memory_path(directory: Path) -> Path:
    """Return the file in the state directory."""
    return directory / "pause.json"


def remembered(path: Path) -> Memory:
    """Return what the file holds. A damaged one counts as paused: it may have said so."""
    try:
        return Memory.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Memory(remote=False, button=False)
    except (OSError, ValidationError):
        log.warning("%s: cannot be read, so everything is paused; switch the pause off again, or delete the file", path)
        return Memory(remote=True, button=True)
