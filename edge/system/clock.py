"""Durations by the monotonic clock, intervals aligned to the wall clock."""

import ctypes
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
MOST_EPOCHS = 32
"""Stretches of named time that are remembered: so many steps of the wall clock."""
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


class IntervalNames:
    """Starts of intervals, seconds since 1970, none of which is given twice.

    Where the wall clock was stepped back into time that was named already, names go on from the end of that time.
    """

    def __init__(self) -> None:
        """Begin without a name that was given."""
        self.epochs: list[tuple[int, int]] = []
        """From and to, wall clock, of stretches that were named without a step between; the last is under way."""

    def avoid(self, epochs: Iterable[tuple[int, int]]) -> None:
        """Take note of stretches that were named before those that were given here."""
        self.epochs = [*epochs, *self.epochs][-MOST_EPOCHS:]

    def take(self, start: int, length: int) -> int:
        """Return `start`, a multiple of the length, or the first start after it of an interval with no time in common.

        Args:
            start: seconds since 1970.
            length: of this interval, seconds.

        """
        while taken := [end for begin, end in self.epochs if begin < start + length and start < end]:
            start = -(-max(taken) // length) * length
        end = start + length
        if self.epochs and self.epochs[-1][1] == start:
            self.epochs[-1] = self.epochs[-1][0], end
        else:
            self.epochs = [*self.epochs[1 - MOST_EPOCHS :], (start, end)]
        return start


class IntervalClock:
    """Cuts time into intervals that start at multiples of `length` seconds of the wall clock.

    Within an interval only the monotonic clock counts, so a step of the wall clock never makes an interval longer,
    shorter or negative. The next interval is cut at the wall clock as it is then: it takes the name of the aligned
    interval that is nearest and lasts to that one's end, between half and one and a half lengths. No instant is named
    twice: where the wall clock was stepped back into time that was counted already, names go on from the end of that
    time, and intervals last one and a half lengths until the wall clock has caught up.
    """

    def __init__(
        self,
        length: int,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        names: IntervalNames | None = None,
    ) -> None:
        """Begin; `names` are those that were given before, to go on with, also by clocks of other lengths."""
        self.length = length
        self._wall = wall
        self._monotonic = monotonic
        self._names = names or IntervalNames()

    def next(self) -> Interval:
        """Return the interval that contains now; call it when the one before has ended."""
        wall, monotonic = self._wall(), self._monotonic()
        start = self._names.take(nearest(wall, self.length), self.length)
        end = start + self.length
        half = self.length / 2
        remaining = min(max(end - wall, half), self.length + half)
        return Interval(start, end, monotonic + remaining)


class Restamper:
    """Gives aligned wall-clock times to intervals of which only the monotonic end is known.

    Use it for intervals in the order in which they were, once the wall clock is right. They tile time with each other
    and with the interval that `IntervalClock` cuts next, since both round in the same way.
    """

    _EARLY = 0.25  # an interval is closed a little after its end; the one that follows must not be named the same

    def __init__(
        self,
        length: int,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._length = length
        self._offset = wall() - monotonic()
        self._last_end: int | None = None

    def stamp(self, monotonic: float) -> tuple[str, str]:
        """Return start and end, as the contract writes them, of the interval that ended at `monotonic`."""
        end = nearest(self._offset + monotonic - self._EARLY, self._length)
        if self._last_end is not None:
            end = max(end, self._last_end + self._length)
        self._last_end = end
        return iso(end - self._length), iso(end)


def nearest(wall: float, length: int) -> int:
    """Return the multiple of `length` that is nearest to `wall`, seconds since 1970."""
    return math.floor(wall / length + 0.5) * length


def iso(seconds: float) -> str:
    """Format seconds since 1970 as `2026-11-22T09:05:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def is_synchronised() -> bool:
    """Whether the kernel says that the wall clock is disciplined (adjtimex(2), as `timedatectl` does)."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "adjtimex"):
        return False
    return bool(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) not in (-1, _TIME_ERROR))
