"""Durations by the monotonic clock, intervals aligned to the wall clock."""

import ctypes
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 256  # sizeof(struct timex) is 208 on 64-bit Linux and less on 32-bit


@dataclass(frozen=True)
class Interval:
    """One counting interval.

    Attributes:
        start: wall clock, seconds since 1970, a multiple of the interval's length.
        end: wall clock, seconds since 1970.
        deadline: monotonic clock, seconds, when the interval ends.

    """

    start: int
    end: int
    deadline: float


class IntervalClock:
    """Cuts time into intervals that start at multiples of `length` seconds of the wall clock.

    Within an interval only the monotonic clock counts, so a step of the wall clock never makes an interval longer,
    shorter or negative. The next interval is cut at the wall clock as it is then, but never begins before the end of
    the one before: after a step backwards intervals go on from where they were until the wall clock has caught up
    within a minute, and beyond that they follow the stepped clock.
    """

    _FOLLOW_BACKWARDS_BEYOND = 60.0

    def __init__(
        self,
        length: int,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.length = length
        self._wall = wall
        self._monotonic = monotonic
        self._last_end: int | None = None

    def next(self) -> Interval:
        """Return the interval that contains now; call it when the one before has ended."""
        wall, monotonic = self._wall(), self._monotonic()
        start = math.floor(wall / self.length) * self.length
        if self._last_end is not None and start < self._last_end:
            behind = self._last_end - wall
            if behind <= max(self._FOLLOW_BACKWARDS_BEYOND, self.length):
                # A few milliseconds early at a boundary, or a small step back: go on without overlap.
                start = self._last_end
        end = start + self.length
        remaining = min(max(end - wall, 0.0), float(self.length) if start <= wall else 2.0 * self.length)
        self._last_end = end
        return Interval(start, end, monotonic + remaining)


def iso(seconds: float) -> str:
    """Format seconds since 1970 as `2026-11-22T09:05:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_synchronised() -> bool:
    """Whether the kernel says that the wall clock is disciplined (adjtimex(2), as `timedatectl` does)."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "adjtimex"):
        return False
    return bool(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) not in (-1, _TIME_ERROR))
