"""How many of a group show each emotion: a sum over the group, not a list of verdicts.

Counting the most probable labels is biased as soon as the group's mix differs from the training data's. Summing
calibrated probabilities is better where it does not, and expectation maximisation where it does (Saerens, Latinne &
Decaestecker, Neural Computation 2002; with bias-corrected calibration: Alexandari, Kundaje & Shrikumar, ICML 2020).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST = 1 / 512  # half a step of an int8 probability: none is impossible
_CONVERGED = 1e-6
_MOST_STEPS = 1000


def corrected(probabilities: Floats, bias: Floats) -> Floats:
    """Return (N, K) probabilities with `bias`, (K,) logits, added: the class-wise part of BCTS."""
    weighed = np.maximum(probabilities, _LEAST) * np.exp(bias - bias.max())
    normalised: Floats = weighed / weighed.sum(1, keepdims=True)
    return normalised


def soft_count(probabilities: Floats, weights: Floats) -> Floats:
    """Return (K,): how many of the group, each member counting `weights`, (N,), show each emotion."""
    counts: Floats = weights @ probabilities
    return counts


def adapted(probabilities: Floats, weights: Floats, prior: Floats, strength: float = 7.0) -> Floats:
    """Return the members' (N, K) probabilities under the group's own mix instead of `prior`.

    The mix is the maximum a posteriori of expectation maximisation. Its soft count is the estimate of the group; a
    group of one is left nearly as it is.

    Args:
        probabilities: (N, K) calibrated under the mix `prior`.
        weights: (N,) how much each member counts.
        prior: (K,) mix of the data that the probabilities were calibrated on.
        strength: how many people of the mix `prior` are imagined beside the group (Dirichlet pseudo-counts), so that a
            small group does not run off to one emotion.

    """
    likelihood = probabilities / prior
    members, mix = probabilities, prior
    for _ in range(_MOST_STEPS):
        updated = (weights @ members + strength * prior) / (weights.sum() + strength)
        moved = float(np.abs(updated - mix).max())
        mix = updated
        members = likelihood * mix
        members /= members.sum(1, keepdims=True)
        if moved < _CONVERGED:
            break
    return members
