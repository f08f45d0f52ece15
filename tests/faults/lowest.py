"""What the fault matrix replaces at the lowest layer: wall clock, whether it is synchronised, and the thermometer."""

import time
from pathlib import Path

from edge.system import clock, sensors

_real = time.time


def inject(folder: Path) -> None:
    """Step the wall clock by what the file `step` in a folder says, seconds; unsynchronised while `unsynced` exists.

    The processor's temperature is what the file `temperature` says, in thousandths of a degree Celsius as in sysfs.
    """
    step, unsynced = folder / "step", folder / "unsynced"
    seconds = 0.0

    def wall() -> float:
        nonlocal seconds
        try:
            seconds = float(step.read_text() or 0)
        except FileNotFoundError:
            seconds = 0.0
        except OSError:  # no descriptor is free: as before
            pass
        return _real() + seconds

    def synchronised() -> bool:
        return not unsynced.exists()

    time.time = wall
    clock.is_synchronised = synchronised
    sensors._TEMPERATURE = folder / "temperature"
