"""Whether a course is flat: the slope of Theil and Sen, which single peaks do not move."""

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import theilslopes

FEWEST = 10
"""Samples without which there is no verdict."""
BOUNDS = {"own": 3.0, "descriptors": 2.0, "threads": 1.0, "celsius": 10.0}
"""By how much each may grow in the second half: megabytes (0.5 an hour in twelve hours), numbers, degrees Celsius."""


class Course(NamedTuple):
    """What was measured of one quantity in the second half.

    Attributes:
        median: of its samples.
        per_hour: its slope by Theil and Sen.
        growth: that slope times the length of the second half.
        bound: how much of that is accepted.

    """

    median: float
    per_hour: float
    growth: float
    bound: float

    @property
    def is_flat(self) -> bool:
        return self.growth <= self.bound


def course(seconds: Sequence[float], values: Sequence[float], bound: float) -> Course | None:
    """Return the verdict on the second half of a course; None where it has too few samples.

    Args:
        seconds: times of the samples, ascending.
        values: the samples.
        bound: accepted growth.

    """
    if not seconds:
        return None
    half = (seconds[0] + seconds[-1]) / 2
    late = [(second, value) for second, value in zip(seconds, values, strict=True) if second >= half]
    if len(late) < FEWEST:
        return None
    times, numbers = zip(*late, strict=True)
    slope = float(theilslopes(numbers, times).slope)
    return Course(sorted(numbers)[len(numbers) // 2], 3600 * slope, slope * (times[-1] - times[0]), bound)
