"""Whether a course is flat: the slope of Theil and Sen, which single peaks do not move.

Single steps are no leak either: an allocator takes memory at a new peak of the work and keeps it. So the third and the
fourth quarter are judged each, and the smaller slope counts; what leaks, does so in both.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

FEWEST = 10
"""Samples of a quarter without which there is no verdict."""
BOUNDS = {"own": 3.0, "descriptors": 2.0, "threads": 1.0, "celsius": 10.0}
"""By how much each may grow in the second half: megabytes (0.5 an hour in twelve hours), numbers, degrees Celsius."""


class Course(NamedTuple):
    """What was measured of one quantity in the second half.

    Attributes:
        median: of its samples.
        per_hour: its slope by Theil and Sen in the third or in the fourth quarter of the time, whichever is smaller.
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
    times, numbers = np.array(seconds), np.array(values)
    begin, middle, end = (seconds[0] + share * (seconds[-1] - seconds[0]) for share in (0.5, 0.75, 1.0))
    quarters = [(times >= begin) & (times < middle), (times >= middle) & (times <= end)]
    if min(np.count_nonzero(quarter) for quarter in quarters) < FEWEST:
        return None
    slope = min(float(theilslopes(numbers[quarter], times[quarter]).slope) for quarter in quarters)
    return Course(float(np.median(numbers[times >= begin])), 3600 * slope, slope * (end - begin), bound)
