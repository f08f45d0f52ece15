"""Small files in the state directory. After a power cut each holds either the old text or the new one, never a part."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def read_state(path: Path) -> str:
    """Return the text of a file without surrounding blanks; empty where there is no such file.

    Bytes that are not UTF-8 are replaced: the caller checks what it reads, and so finds the damage.

    Raises:
        OSError: the file is there and cannot be read.

    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def replace_durably(path: Path, text: str) -> None:
    """Write a file so that it is on the disk when this returns; create its folder if needed.

    Raises:
        OSError: the file cannot be written; the old one, if any, is still there.

    """
    new = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    with new.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_durably(path: Path, text: str) -> None:
    """Write a file as `replace_durably` does; log a warning where that fails, and go on."""
    try:
        replace_durably(path, text)
    except OSError as error:
        log.warning(
            "%s: cannot be written (%s), so this will be forgotten at a restart; make room or make it writable",
            path,
            error.strerror,
        )
