"""How many of a group show each emotion: an estimate for the group, not a list of verdicts.

Two estimates are known to be good, each where the other is not. Counting the most probable labels errs least where the
faces differ from those that the model was calibrated on. Where they are alike and only their mix differs, expectation
maximisation errs least (Saerens, Latinne & Decaestecker, Neural Computation 2002; with bias-corrected calibration:
Alexandari, Kundaje & Shrikumar, ICML 2020). Which of the two cases it is, the group itself shows: under any mix of the
calibration faces the mean entropy of the model's answers has a known expectation and variance. The further the group's
mean entropy lies from it, in standard errors, the less weight the second estimate gets (a goodness-of-fit test, as of
any mixture model). models/README.md has the errors of all three.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST = 1 / 512  # half a step of an int8 probability: none is impossible
_CONVERGED = 1e-6
_MOST_STEPS = 1000
_FITS, _MISFITS = 0.25, 1.5
"""Standard errors of the mean entropy up to which a group looks like the reference, and from which it does not."""
_FEW = 10.0
"""Size of a group that leaves both estimates equal weight even where it fits: fewer people cannot show a misfit."""


@dataclass(frozen=True)
class Reference:
    """The faces that a model was calibrated on, as far as an estimate needs to know them; each (K,) float64.

    Attributes:
        bias: logits that, added to the model's answers, calibrate them class by class.
        prior: mix of emotions of these faces.
        entropy: mean entropy of the answers to faces of each emotion, nats.
        entropy_squared: mean of its square.

    """

    bias: Floats
    prior: Floats
    entropy: Floats
    entropy_squared: Floats


def estimate(probabilities: Floats, labels: Floats, weights: Floats, reference: Reference) -> Floats:
    """Return (K,): how many of the group show each emotion; the sum is that of the weights.

    Args:
        probabilities: (N, K) of the model, one row a person.
        labels: (N, K) share of the looks at each person in which each emotion was the most probable one.
        weights: (N,) how much each person counts, more than 0 for at least one.
        reference: of the model.

    """
    mix = weights @ adapted(corrected(probabilities, reference.bias), weights, reference.prior)
    people = float(weights.sum() ** 2 / (weights**2).sum())  # effective size (Kish, 1965)
    misfit = _misfit(probabilities, weights / weights.sum(), mix / mix.sum(), reference) * math.sqrt(people)
    fit = min(1.0, max(0.0, (_MISFITS - misfit) / (_MISFITS - _FITS)))
    trust = fit * people / (people + _FEW)
    blended: Floats = (1 - trust) * (weights @ labels) + trust * mix
    return blended


def most_probable(probabilities: Floats) -> Floats:
    """Return (N, K): one where the emotion is the most probable one of that row, else zero."""
    labels: Floats = np.eye(probabilities.shape[1])[probabilities.argmax(1)]
    return labels


def entropy(probabilities: Floats) -> Floats:
    """Return the (N,) entropy of (N, K) answers, nats."""
    bounded = np.maximum(probabilities, _LEAST)
    nats: Floats = -(probabilities * np.log(bounded)).sum(1)
    return nats


def _misfit(probabilities: Floats, shares: Floats, mix: Floats, reference: Reference) -> float:
    """Return how far the group's mean entropy is from what `mix` lets expect, in standard deviations of one face."""
    expected = float(mix @ reference.entropy)
    deviation = math.sqrt(max(float(mix @ reference.entropy_squared - expected**2), _LEAST))
    return float(abs(shares @ entropy(probabilities) - expected) / deviation)


def corrected(probabilities: Floats, bias: Floats) -> Floats:
    """Return (N, K) probabilities with `bias`, (K,) logits, added: the class-wise part of BCTS."""
    weighed = np.maximum(probabilities, _LEAST) * np.exp(bias - bias.max())
    normalised: Floats = weighed / weighed.sum(1, keepdims=True)
    return normalised


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
