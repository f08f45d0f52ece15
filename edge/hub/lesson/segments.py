"""Where the level of a series changes.

The method is PELT (Killick, Fearnhead and Eckley, "Optimal detection of changepoints with a linear computational cost",
Journal of the American Statistical Association 107, 2012). It finds the segments with the least sum of squares around
their averages, plus a penalty for each segment; exactly, not step by step, so that a level which comes back after three
minutes is found, too.
"""

from collections.abc import Sequence
from itertools import accumulate


def segments(values: Sequence[float], penalty: float, shortest: int) -> list[tuple[int, int]]:
    """Return the segments as begin and end (excluded), in order; one where nothing changes.

    Args:
        values: the series.
        penalty: of a segment, in the square of the unit of `values`.
        shortest: records of a segment, at least.

    """
    count = len(values)
    sums = [0.0, *accumulate(values)]
    best = [0.0] + [float("inf")] * count
    begin = [0] * (count + 1)
    candidates: list[int] = []
    useless: dict[int, set[int]] = {}
    for end in range(shortest, count + 1):
        if worse := useless.pop(end, None):
            candidates = [at for at in candidates if at not in worse]
        if end - shortest == 0 or end - shortest >= shortest:
            candidates.append(end - shortest)
        total = sums[end]
        # The sum of squares of all values is the same for all segmentations, so it is left out.
        costs = [best[at] - (total - sums[at]) ** 2 / (end - at) for at in candidates]
        least = min(costs)
        best[end] = least + penalty
        begin[end] = candidates[costs.index(least)]
        # What is worse than a change here never becomes the best, once a segment may begin here.
        useless[end + shortest] = {at for at, cost in zip(candidates, costs, strict=True) if cost > best[end]}
    found: list[tuple[int, int]] = []
    end = count
    while end > 0:
        found.append((begin[end], end))
        end = begin[end]
    return found[::-1]
