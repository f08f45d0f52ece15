"""Small files in the state directory. After a power cut each holds either the old text or the new one, never a part.

A card may damage any of them. What cannot be right is set aside under another name, and the device goes on without it.
"""

import contextlib
import errno
import logging
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

MOST_BYTES = 65_536
"""Of a file; a larger one is damaged."""
_TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
"""A compromised publisher may put anything here: a FIFO holds nobody up, and a link leads nowhere."""
FORGOTTEN = "this will be forgotten at a restart"
"""What follows where most files cannot be written."""
_KEPT = 3
"""Damaged files of one name that are kept, the newest ones."""
_ASIDE = re.compile(r"(?P<name>.+)\.(?:damaged|corrupt)-(?P<number>\d{1,9})")


def read_state(path: Path) -> str:
    """Return the text of a file without surrounding blanks; empty where there is no such file.

    Bytes that are not UTF-8 are replaced: the caller checks what it reads, and so finds the damage.

    Raises:
        OSError: there is something that cannot be read, is no regular file, or has more than 64 KiB.

    """
    try:
        descriptor = os.open(path, _TO_READ)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    with os.fdopen(descriptor, "rb", closefd=True) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is no regular file")
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, "is too large")
    return content.decode(errors="replace").strip()


def read_valid(path: Path, is_valid: Callable[[str], object]) -> str:
    """Return the text of a file; set the file aside where its content cannot be right, and return an empty text.

    Args:
        path: of the file; where there is none, or it is empty, the text is empty.
        is_valid: whether a text that is not empty can be right.

    Raises:
        OSError: this user may not read the file, or not rename it.

    """
    try:
        text = read_state(path)
    except PermissionError:
        raise
    except OSError as error:
        set_aside(path, error.strerror or "cannot be read")
        return ""
    if text and not is_valid(text):
        set_aside(path, "is damaged")
        return ""
    return text


def set_aside(path: Path, reason: str) -> None:
    """Rename a file to `….damaged-<n>`, keep the newest few of those, and log it.

    Raises:
        OSError: it cannot be renamed.

    """
    numbers = sorted(number for name, number in _aside(path.parent) if name == path.name)
    aside = path.with_name(f"{path.name}.damaged-{numbers[-1] + 1 if numbers else 1}")
    path.rename(aside)
    log.error("%s: %s; it is now %s, and this device goes on without it; look at the card", path, reason, aside.name)
    for number in numbers[: max(0, len(numbers) + 1 - _KEPT)]:
        _remove(path.with_name(f"{path.name}.damaged-{number}"))


def files_set_aside(directory: Path) -> list[str]:
    """Return the names of the files in a state directory of which damaged ones were set aside, each once, sorted."""
    return sorted({name for name, _number in _aside(directory)})


def _aside(directory: Path) -> list[tuple[str, int]]:
    try:
        names = [path.name for path in directory.iterdir()]
    except OSError:
        return []
    found = map(_ASIDE.fullmatch, names)
    return [(one["name"], int(one["number"])) for one in found if one]


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def replace_durably(path: Path, text: str, mode: int | None = None) -> None:
    """Write a file as `replace` does, and so that it is on the disk when this returns.

    Raises:
        OSError: the file cannot be written; the old one, if any, is still there.

    """
    replace(path, text, mode, sync=True)
    sync_folder(path.parent)


def replace(path: Path, text: str, mode: int | None = None, *, sync: bool = False) -> None:
    """Write a file that takes the place of the old one at once; create its folder if needed.

    Args:
        path: of the file.
        text: its content.
        mode: permissions; None for those of the process's umask.
        sync: whether its content is on the disk when this returns. Its name then is not yet.

    Raises:
        OSError: the file cannot be written; the old one, if any, is still there.

    """
    new = path.with_suffix(".new")
    path.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)  # of a power cut; or a link that a compromised publisher left for root to follow
    with new.open("x", encoding="utf-8") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.write(text + "\n")
        file.flush()
        if sync:
            os.fsync(file.fileno())
    new.replace(path)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk; raise OSError where that fails."""
    folder = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_durably(path: Path, text: str, mode: int | None = None) -> None:
    """Write a file as `replace_durably` does; log a warning where that fails, and go on."""
    try:
        replace_durably(path, text, mode)
    except OSError as error:
        warn_of_unwritten(path, error)


def warn_of_unwritten(path: Path, error: OSError, effect: str = FORGOTTEN) -> None:
    """Log that a file could not be written, and what follows from that."""
    log.warning("%s: cannot be written (%s), so %s; make room or make it writable", path, error.strerror, effect)


def remove(path: Path) -> None:
    """Delete a file, if it is there; log a warning where that fails, and go on."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning(
            "%s: cannot be deleted (%s), so it will be taken for true at the next start; make its folder writable",
            path,
            error.strerror,
        )
