"""Practice: for some minutes `privacy.min_group` is 1, so that a technician alone can see the device work.

Only someone on the device can switch it: by a file beside the door, in a folder that the services can read and root
alone can write. No message from the network leads to it. Its end is a time of clocks that nobody can set, and where
anything about the file is in doubt, practice has ended.
"""

import logging
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import Field, ValidationError

from edge.config import Settings
from edge.contract.records import Record
from edge.system.machine import machine_boot
from edge.system.paths import door_path
from edge.system.state_file import replace

log = logging.getLogger(__name__)

MOST_MINUTES = 60
_LONGEST_INTERVAL = 1.5
"""Lengths that an interval can last: the first one after a start, and while a clock catches up."""
_MEMORY = Path("/run")
_MOST_BYTES = 1024
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_Seconds = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]


class Clocks(NamedTuple):
    """Two clocks that no step of the wall clock changes, in seconds.

    Attributes:
        monotonic: CLOCK_MONOTONIC, by which the observer says when an interval ended.
        boot: CLOCK_BOOTTIME, which goes on while the machine sleeps.

    """

    monotonic: float
    boot: float


def clocks() -> Clocks:
    """Return what both clocks say now."""
    return Clocks(time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_BOOTTIME))


class Period(Record):
    """The content of the file: a time of one start of the machine."""

    machine_boot: Annotated[str, Field(min_length=1, max_length=64)]
    begun_monotonic: _Seconds
    begun: _Seconds
    until: _Seconds

    def left(self, now: Clocks, machine: str) -> float:
        """Return the seconds until it ends, by CLOCK_BOOTTIME; 0 where it has ended, or cannot be right.

        Args:
            now: both clocks.
            machine: the start of the machine that the file must be of.

        """
        length = self.until - self.begun
        plausible = 0 < length <= MOST_MINUTES * 60 and self.machine_boot == machine
        is_now = self.begun <= now.boot < self.until and self.begun_monotonic <= now.monotonic
        return self.until - now.boot if plausible and is_now else 0.0


def practice_path(settings: Settings) -> Path:
    """Return the path of the file, beside the door."""
    return door_path(settings).with_name("practice.json")


class Practice:
    """Reads the switch. For any thread."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], Clocks] = clocks,
        machine: Callable[[], str] = machine_boot,
    ) -> None:
        """Take the path of the file, what reads the clocks, and what names this start of the machine."""
        self._path = path
        self._now = now
        self._machine = machine
        self._noted = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return that of the device with these settings."""
        return cls(practice_path(settings))

    @property
    def seconds_left(self) -> float:
        """Seconds until practice ends; 0 where there is none now."""
        return self._left(_read(self._path), self._now())

    def _left(self, period: Period | None, now: Clocks) -> float:
        if period is None:
            return 0.0
        # A sandboxed service may not read which start of the machine it is. What lies in memory is of this one.
        in_memory = self._path.is_relative_to(_MEMORY)
        return period.left(now, self._machine() or (period.machine_boot if in_memory else ""))

    def covers(self, ended: float, seconds: float) -> bool:
        """Return whether there is practice now, and was during a whole interval.

        A record that was counted before practice began, and waited since, is none of practice.

        Args:
            ended: when the interval ended, CLOCK_MONOTONIC in seconds.
            seconds: its length.

        """
        period, now = _read(self._path), self._now()
        longest = _LONGEST_INTERVAL * seconds
        if period is None or not self._left(period, now):
            return False
        return period.begun_monotonic <= ended - longest and ended <= now.monotonic

    def changed(self) -> bool:
        """Return whether practice began or ended since the last call, and log it."""
        left = self.seconds_left
        if (left > 0) == self._noted:
            return False
        self._noted = left > 0
        if left:
            words = "practice: for %.0f s privacy.min_group is 1, and each record says so; end it: %s"
            log.warning(words, left, "emotion-edge practice --off")
        else:
            log.info("practice has ended: the usual privacy settings hold")
        return True


class Switch:
    """Writes the switch; for root, or for the user who runs the device."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begin(self, minutes: int) -> None:
        """Begin practice now, or anew, for up to `MOST_MINUTES`.

        Raises:
            OSError: the file cannot be written, or others may write to its folder.

        """
        if not 0 < minutes <= MOST_MINUTES:
            msg = f"1 to {MOST_MINUTES} minutes"
            raise ValueError(msg)
        folder = self._path.parent.stat()
        if folder.st_mode & _OTHERS_WRITE or folder.st_uid not in _trusted():
            raise PermissionError(1, "others may write to this folder", str(self._path.parent))
        now = clocks()
        period = Period(
            machine_boot=machine_boot(),
            begun_monotonic=now.monotonic,
            begun=now.boot,
            until=now.boot + 60.0 * minutes,
        )
        replace(self._path, period.model_dump_json(), 0o644)

    def end(self) -> bool:
        """End practice; return whether there was a file to remove.

        Raises:
            OSError: the file cannot be removed.

        """
        try:
            self._path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def _trusted() -> set[int]:
    """Return whose file counts: root's, and that of the user who runs the device."""
    return {0, os.geteuid()}


def _read(path: Path) -> Period | None:
    """Return what the file says; None where there is none, or nothing that counts."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return None
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid not in _trusted() or facts.st_mode & _OTHERS_WRITE:
            return None
        content = os.read(file, _MOST_BYTES + 1)
        return Period.model_validate_json(content) if len(content) <= _MOST_BYTES else None
    except (OSError, ValidationError):
        return None
    finally:
        os.close(file)
