"""How much noise differences of grey levels hold: their median, which neither edges nor movement change much."""

import numpy as np
from numpy.typing import NDArray

_MEDIAN = 0.6745
"""Of the absolute value of a normal variable, in standard deviations."""


def deviation(differences: NDArray[np.float32]) -> float:
    """Return the standard deviation, grey levels, of normal noise whose absolute values are given; any shape."""
    return float(np.median(differences)) / _MEDIAN
