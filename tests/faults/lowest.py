"""What the fault matrix replaces at the lowest layer: the wall clock and whether it is synchronised."""

import time
from pathlib import Path

from edge.system import clock

_real = time.time


def inject(folder: Path) -> None:
    """Step the wall clock by what the file `step` in a folder says, seconds; unsynchronised while `unsynced` exists."""
    step, unsynced = folder / "step", folder / "unsynced"

    def wall() -> float:
        return _real() + float(step.read_text() or 0) if step.exists() else _real()

    def synchronised() -> bool:
        return not unsynced.exists()

    time.time = wall
    clock.is_synchronised = synchronised
