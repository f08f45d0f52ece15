"""How much the average of a steady time scatters, measured in the lesson itself.

Records of ten seconds are autocorrelated: who smiles in one, often smiles in the next. The variance of an average of n
records then tends to L / n, where L, the long-run variance, is larger than the variance of a record (Andrews,
"Heteroskedasticity and autocorrelation consistent covariance matrix estimation", Econometrica 59, 1991). It is measured
by differences of neighbouring blocks, as differences do not see the level (Rice, "Bandwidth choice for nonparametric
regression", Annals of Statistics 12, 1984), and by their median, as few of them hold a change (Chakar et al., "A robust
approach for estimating change-points in the mean of an AR(1) process", Bernoulli 23, 2017, use medians for the same).
"""

import statistics
from collections.abc import Sequence
from itertools import accumulate

BLOCKS = (10, 30, 60, 120, 180)
"""Lengths of blocks, seconds. The longest is that of the shortest change that shall be found."""
_NORMAL = 0.6745
"""Median of the absolute value of a standard normal variable."""


def long_run_variance(values: Sequence[float], interval: int) -> float:
    """Return the long-run variance of a series with few changes of its level, in the square of its unit.

    It is the largest one that any length of blocks gives: records that scatter slowly show it in long blocks only.

    Args:
        values: the series.
        interval: seconds of a record.

    """
    sums = [0.0, *accumulate(values)]
    lengths = {max(1, round(seconds / interval)) for seconds in BLOCKS}
    return max((_of_blocks(sums, length) for length in lengths if 4 * length <= len(values)), default=0.0)


def _of_blocks(sums: Sequence[float], length: int) -> float:
    """Return the long-run variance by differences of all neighbouring blocks of a length."""
    last = len(sums) - 2 * length
    differences = [abs(sums[at + 2 * length] - 2 * sums[at + length] + sums[at]) for at in range(last)]
    return (statistics.median(differences) / _NORMAL) ** 2 / (2 * length)
