"""A simulated processor that heats up with the work of the observer: the device's throttle closes the loop."""

import contextlib
import time
from pathlib import Path

from tests.support.resources import cpu_seconds

ROOM, WORKING = 45.0, 79.0
"""Degrees Celsius without work, and with the work of a device that is not throttled: it throttles itself from 75 on."""
HOT_ROOM = 15.0
"""By how much `Kinds.hot_room` warms it."""
_LAG_SECONDS = 20.0
_CALIBRATION_SECONDS = 30.0


class Thermal:
    """First-order model: temperature follows room plus a multiple of the observer's processor time.

    Which multiple is measured in the first seconds of work, so that the course is the same on fast and slow machines.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._heat = 0.0
        self._began: tuple[float, float] | None = None
        self._last: tuple[int, float, float] | None = None
        self.celsius = ROOM
        self._write()

    def step(self, observer: int) -> None:
        """Take in how much it worked since the last call; about once a second."""
        now, spent = time.monotonic(), cpu_seconds(observer)
        if self._last is not None and self._last[0] == observer and now > self._last[1]:
            seconds = now - self._last[1]
            self._advance(seconds, max(0.0, spent - self._last[2]) / seconds)
            if not self._heat:
                self._calibrate(now, spent)
        else:
            self._began = now, spent
        self._last = observer, now, spent

    def _calibrate(self, now: float, spent: float) -> None:
        assert self._began is not None
        began, spent_then = self._began
        if now - began >= _CALIBRATION_SECONDS:
            self._heat = (WORKING - ROOM) * (now - began) / max(0.01, spent - spent_then)

    def _advance(self, seconds: float, share: float) -> None:
        room = ROOM + (HOT_ROOM if (self._folder / "hot_room").exists() else 0)
        self.celsius += min(1.0, seconds / _LAG_SECONDS) * (room + self._heat * share - self.celsius)
        with contextlib.suppress(OSError):
            self._write()

    def _write(self) -> None:
        new = self._folder / "temperature.new"
        new.write_text(f"{1000 * self.celsius:.0f}\n")
        new.replace(self._folder / "temperature")
