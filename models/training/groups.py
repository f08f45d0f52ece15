"""How many people of a group are counted under a wrong emotion, for each way of counting.

Bags of faces are drawn with a mix of their own; the error is the total variation distance between the true and the
estimated mix, which is the share of the group that is counted under a wrong emotion.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.counting.prevalence import Reference, adapted, corrected, entropy, estimate, most_probable
from models.training.calibrate import cross_fitted_bias, fit
from models.training.natural import halves

SIZES = (1, 2, 5, 10, 25, 50, 100, 200)
"""Sizes of groups whose errors the metadata hold."""

_BAGS = 400
_COVERED = 0.9


@dataclass(frozen=True)
class Faces:
    """Faces with the model's answers and the truth.

    Attributes:
        probabilities: (N, 7) float64.
        truth: (N,) int64, what most viewers see.
        reference: of the model; its bias may be (N, 7), one that was fitted without that very face.

    """

    probabilities: NDArray[np.float64]
    truth: NDArray[np.int64]
    reference: Reference

    def only(self, rows: NDArray[Any]) -> "Faces":
        """Return some of the faces, by index or mask."""
        reference = self.reference
        if reference.bias.ndim > 1:
            reference = replace(reference, bias=reference.bias[rows])
        return Faces(self.probabilities[rows], self.truth[rows], reference)


@dataclass(frozen=True)
class GroupErrors:
    """Errors over bags of one kind, shares of a group.

    Attributes:
        labels: mean, counting the most probable emotion of each face.
        mix: mean, expectation maximisation (`prevalence.adapted`).
        estimated: mean, `prevalence.estimate`, which the daemon publishes.
        covering: 90th percentile of the last.

    """

    labels: float
    mix: float
    estimated: float
    covering: float


def reference_of(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> Reference:
    """Return the reference that the metadata of a model hold, from its answers to (N,) faces with known emotions."""
    answers = probabilities.astype(np.float64)
    nats = entropy(answers)
    classes = range(answers.shape[1])
    return Reference(
        bias=fit(probabilities, truth, temperature=False).bias,
        prior=np.bincount(truth, minlength=len(classes)) / len(truth),
        entropy=np.array([nats[truth == k].mean() for k in classes]),
        entropy_squared=np.array([(nats[truth == k] ** 2).mean() for k in classes]),
    )


def fitted_on_others(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> Faces:
    """Return faces whose reference has, for each of them, biases that were fitted on the others."""
    whole = reference_of(probabilities, truth)
    others = Reference(cross_fitted_bias(probabilities, truth), whole.prior, whole.entropy, whole.entropy_squared)
    return Faces(probabilities.astype(np.float64), truth, others)


def group_errors(faces: Faces, size: int, mixes: str) -> GroupErrors:
    """Measure on bags of `size` faces.

    Args:
        faces: to draw from.
        size: faces in a bag.
        mixes: "own": bags are drawn from all faces alike; "shifted": each has a mix drawn around that of the faces;
            "any": each has a mix of its own, all alike likely.

    """
    found = _errors(faces, size, mixes)
    return GroupErrors(*(round(float(v), 4) for v in (*found.mean(0), np.quantile(found[:, 2], _COVERED))))


def _errors(faces: Faces, size: int, mixes: str) -> NDArray[np.float64]:
    """Return (bags, 3): the errors of the labels, of the mix and of the estimate."""
    errors = []
    for bag in _bags(faces.truth, size, mixes):
        chosen = faces.only(bag)
        ones = np.ones(size)
        labels = most_probable(chosen.probabilities)
        likely = corrected(chosen.probabilities, chosen.reference.bias)
        guesses = (
            labels.sum(0),
            adapted(likely, ones, chosen.reference.prior).sum(0),
            estimate(chosen.probabilities, labels, ones, chosen.reference),
        )
        truth = np.bincount(chosen.truth, minlength=labels.shape[1])
        errors.append([float(np.abs(guess - truth).sum() / 2 / size) for guess in guesses])
    return np.array(errors)


def covering_errors(kinds: list[tuple[Faces, str]]) -> list[float]:
    """Return, for each of `SIZES`, the share that the error stays below in 90 % of the groups of every kind."""
    return [max(group_errors(faces, size, mixes).covering for faces, mixes in kinds) for size in SIZES]


def coverage(kinds: list[tuple[Faces, str]], size: int) -> list[float]:
    """Return, for each kind, the share of groups whose error stays below the bound that other faces gave.

    The bound is that of `covering_errors` on one half of the faces of every kind; the groups are drawn from the other
    half; then the halves change places.
    """
    shares = []
    for swapped in (False, True):
        parts = [[faces.only(half) for half in halves(len(faces.truth))] for faces, _ in kinds]
        pairs = [(own[swapped], own[not swapped], mixes) for own, (_, mixes) in zip(parts, kinds, strict=True)]
        bound = max(group_errors(first, size, mixes).covering for first, _, mixes in pairs)
        shares.append([float((_errors(second, size, mixes)[:, 2] <= bound).mean()) for _, second, mixes in pairs])
    return [round(float(share), 3) for share in np.mean(shares, 0)]


def _bags(truth: NDArray[np.int64], size: int, mixes: str) -> Iterator[NDArray[np.intp]]:
    generator = np.random.default_rng(0)
    classes = int(truth.max()) + 1
    prior = np.bincount(truth, minlength=classes) / len(truth)
    rows = [np.flatnonzero(truth == k) for k in range(classes)]
    for _ in range(_BAGS):
        if mixes == "own":
            yield generator.choice(len(truth), size)
            continue
        mix = generator.dirichlet(np.ones(classes) if mixes == "any" else 10 * prior + 0.3)
        counts = generator.multinomial(size, mix)
        yield np.concatenate([generator.choice(rows[k], counts[k]) for k in range(classes)])
