"""Small files in the state directory that are whole or not there, whatever happens while they are written."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def write_durably(path: Path, text: str) -> None:
    """Replace a file durably; where that fails, say so: what it should say holds until the next restart only."""
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        log.warning(
            "%s: cannot be written (%s), so this will be forgotten at a restart; make room or make it writable",
            path,
            error.strerror,
        )
