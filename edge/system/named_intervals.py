"""The intervals that were named, for the next process: no time is named twice where the clock was stepped meanwhile.

The publisher writes the file, the observer reads it: its intervals last longer until the wall clock has caught up.
"""

import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.system.clock import MOST_EPOCHS
from edge.system.machine import machine_boot
from edge.system.state_file import read_state, write_durably

_Second = Annotated[int, Field(ge=-(2**40), le=2**40)]


class _Note(BaseModel):
    """What is in the file.

    Attributes:
        machine: the boot of the machine in which `monotonic` was read.
        monotonic: CLOCK_MONOTONIC in seconds when this was written.
        epochs: from and to, wall clock, of stretches that were named, oldest first; the last was under way.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    machine: str
    monotonic: Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
    epochs: Annotated[list[tuple[_Second, _Second]], Field(max_length=MOST_EPOCHS)]


class NamedIntervals:
    """The file in the state directory. One that is missing or damaged, or of another start of the machine, is empty."""

    def __init__(
        self, directory: Path, machine: str | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the state directory; `machine` is the boot of the machine, None for the kernel's."""
        self._path = directory / "named-intervals.json"
        self._machine = machine_boot() if machine is None else machine
        self._monotonic = monotonic

    def read(self, length: int) -> list[tuple[int, int]]:
        """Return the stretches that were named, seconds since 1970, if every `length` seconds went on being named.

        So it does not matter how long ago the file was written before the process ended.
        """
        try:
            note = _Note.model_validate_json(read_state(self._path) or "null")
        except (OSError, ValidationError):
            return []
        passed = self._monotonic() - note.monotonic
        if not note.epochs or note.machine != self._machine or passed < 0:
            return []
        begin, end = note.epochs[-1]
        return [*note.epochs[:-1], (begin, end + math.floor(passed / length) * length)]

    def write(self, epochs: Iterable[tuple[int, int]]) -> None:
        """Replace what is in the file."""
        note = _Note.model_construct(
            machine=self._machine, monotonic=self._monotonic(), epochs=list(epochs)[-MOST_EPOCHS:]
        )
        write_durably(self._path, note.model_dump_json())
