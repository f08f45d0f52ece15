"""How many people of a group may be counted under a wrong emotion.

The share of a group that is counted under a wrong emotion falls with the group's size: single mistakes cancel out, and
what is left is the model's bias. The sampling part of it falls with one over the square root of the size, as standard
errors do (Cochran, "Sampling Techniques", 3rd edition, Wiley, 1977, section 3.2), so shares that were measured for some
sizes are interpolated linearly in 1/sqrt(n).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

_ROUNDING = 1e-9
"""A product of two decimals may be this much above the tenth that it is."""


def people_in_error(mean: float, sizes: Sequence[float], shares: Sequence[float]) -> float:
    """Return how many of `mean` people may be counted under a wrong emotion, to tenths, rounded up, at most `mean`.

    It depends on nothing but its arguments. Where `shares` are 90th percentiles it holds for nine of ten groups.

    Args:
        mean: people in view on average, 0 or more.
        sizes: sizes of groups, ascending, at least one.
        shares: for each of them the share of a group's people that is counted under a wrong emotion, 0-1. A smaller
            group has the share of the smallest, a larger one that of the largest.

    """
    return min(mean, math.ceil(_share(mean, sizes, shares) * mean * 10 - _ROUNDING) / 10)


def _share(mean: float, sizes: Sequence[float], shares: Sequence[float]) -> float:
    if mean <= sizes[0]:
        return shares[0]
    for (small, more), (large, less) in pairwise(zip(sizes, shares, strict=True)):
        if mean <= large:
            left, here, right = (1 / math.sqrt(size) for size in (small, mean, large))
            return more + (left - here) / (left - right) * (less - more)
    return shares[-1]
