"""How sure it is that a window shows a face, when detector and model have both had their say."""

import numpy as np
from numpy.typing import NDArray

_SUREST = 0.996  # an int8 probability has 256 steps, and says 0 and 1 too easily


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of p / (1 - p), bounded."""
    bounded = np.clip(probability, 1 - _SUREST, _SUREST)
    odds: NDArray[np.float64] = np.log(bounded / (1 - bounded))
    return odds


def fused_probability(face: NDArray[np.float64], evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (N,) probability that each window shows a face: two witnesses, whose odds multiply.

    Args:
        face: (N,) the model's probability.
        evidence: (N,) log-odds that the detector adds, see `Detector.evidence`.

    """
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-(log_odds(face) + evidence)))
    return probability
