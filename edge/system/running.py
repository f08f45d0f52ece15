"""Which configuration the running device uses: a small file in the state directory that the publisher writes.

The observer can write no file: its heartbeat tells the publisher.
"""

import contextlib
import logging
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.system.state_file import read_state, replace
from edge.system.state_lock import is_locked

log = logging.getLogger(__name__)

SUPERVISOR = "EMOTION_EDGE_SUPERVISOR"
"""Environment variable of the children of `emotion-edge run`: its process id."""


class Running(BaseModel):
    """What runs.

    Attributes:
        publisher: hash of the configuration that the publisher uses, see `edge.config.digest`.
        observer: the same of the observer; empty before its first heartbeat.
        ready: hash of the configuration that the publisher will use as soon as the observer does; empty: none.
        reload_pid: process that reads the configuration again at SIGHUP; not for units of systemd.

    """

    model_config = ConfigDict(frozen=True)

    publisher: str
    observer: str
    ready: str = ""
    reload_pid: Annotated[int, Field(gt=1)]

    def uses(self, configuration: str) -> bool:
        """Return whether both processes use a configuration."""
        return self.publisher == self.observer == configuration


def _path(directory: Path) -> Path:
    return directory / "running.json"


def write_running(directory: Path, running: Running) -> None:
    """Write the file, which says nothing after this run; a failure is logged."""
    try:
        replace(_path(directory), running.model_dump_json())
    except OSError as error:
        log.warning("%s: cannot be written (%s), so `apply` cannot be used", _path(directory), error.strerror)


def forget_running(directory: Path) -> None:
    """Delete what an earlier run left, so that a start that fails is not taken for it."""
    with contextlib.suppress(OSError):
        _path(directory).unlink(missing_ok=True)


def read_running(directory: Path) -> Running | None:
    """Return what runs on a state directory, or None where nothing does or nothing is known of it."""
    try:
        return read_note(directory) if is_locked(directory) else None
    except OSError:
        return None


def read_note(directory: Path) -> Running | None:
    """Return what the publisher noted last, even if it has ended since; None where nothing is known."""
    try:
        return Running.model_validate_json(read_state(_path(directory)))
    except (OSError, ValidationError):
        return None
