"""Rounding parts so that they still add up to their rounded whole."""

import math
from collections.abc import Mapping


def shares_to_tenths(parts: Mapping[str, float]) -> dict[str, float]:
    """Round non-negative parts to one decimal by largest remainder (Hamilton's method).

    The result sums to the sum of `parts` rounded to one decimal.
    """
    scaled = {name: value * 10 for name, value in parts.items()}
    units = {name: math.floor(value + 1e-9) for name, value in scaled.items()}
    short = round(sum(scaled.values())) - sum(units.values())
    by_remainder = sorted(parts, key=lambda name: scaled[name] - units[name], reverse=True)
    for name in by_remainder[:short]:
        units[name] += 1
    return {name: count / 10 for name, count in units.items()}
