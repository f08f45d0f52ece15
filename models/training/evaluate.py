"""Every figure that the model card claims, measured on a model file and a data file."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.calibrate import cross_fitted
from models.training.dataset import LABELS, VOTES, Split
from models.training.shares import ShareErrors, share_errors

_Z95 = 1.959964
_BINS = 15
_FEWEST_OF_A_CLASS = 20


@dataclass(frozen=True)
class Accuracy:
    """Share of right answers with its 95 % interval (Wilson, 1927)."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """Figures of one split.

    Attributes:
        official: over all rows, comparable with the literature.
        clean: without the rows that have a copy in the training split.
        recall: per class, in the order of `dataset.LABELS`.
        confusion: (7, 7) counts, rows are the true classes.
        calibration_error: expected calibration error of output 0 as it is, 15 equal bins of the largest probability.
        calibration_error_corrected: the same with bias-corrected temperature scaling that was fitted on other rows.
        agreement: with the emotion that most FER+ voters saw, where that is one of the seven and without a tie.
        shares: errors of the estimated mix of a group, by the bags' name; empty where a class has too few rows.

    """

    official: Accuracy
    clean: Accuracy
    recall: dict[str, float]
    confusion: list[list[int]]
    calibration_error: float
    calibration_error_corrected: float
    agreement: Accuracy | None
    shares: dict[str, ShareErrors]


def evaluate(probabilities: NDArray[np.float32], split: Split) -> Evaluation:
    """Compare (N, 7) probabilities with the labels and votes of `split`."""
    answers = probabilities.argmax(1)
    right = answers == split.labels
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (split.labels, answers), 1)
    recall = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    return Evaluation(
        official=accuracy(right),
        clean=accuracy(right[split.clean]),
        recall={label: round(float(value), 4) for label, value in zip(LABELS, recall, strict=True)},
        confusion=confusion.tolist(),
        calibration_error=round(calibration_error(probabilities, split.labels), 4),
        calibration_error_corrected=round(
            calibration_error(cross_fitted(probabilities, split.labels), split.labels), 4
        ),
        agreement=_agreement(answers, split.votes),
        shares=_shares(probabilities, split.labels),
    )


def accuracy(right: NDArray[np.bool_]) -> Accuracy:
    """Return the share of True with its interval."""
    n, p = len(right), float(right.mean())
    centre = (p + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 / (1 + _Z95**2 / n) * math.sqrt(p * (1 - p) / n + _Z95**2 / (4 * n * n))
    return Accuracy(n, round(p, 4), round(centre - half, 4), round(centre + half, 4))


def reliability(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> list[tuple[float, float, int]]:
    """Return mean confidence, share of right answers and number of rows of every bin that has any."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        (float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in sorted(set(bins.tolist()))
    ]


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Return the expected calibration error (Naeini et al., AAAI 2015)."""
    bins = reliability(probabilities, labels)
    return sum(abs(confidence - right) * n for confidence, right, n in bins) / len(labels)


def _shares(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> dict[str, ShareErrors]:
    if np.bincount(labels, minlength=len(LABELS)).min() < _FEWEST_OF_A_CLASS:
        return {}
    return {
        "200 faces, shifted mix": share_errors(probabilities, labels, 200, wild=False),
        "200 faces, any mix": share_errors(probabilities, labels, 200, wild=True),
        "25 faces, shifted mix": share_errors(probabilities, labels, 25, wild=False),
    }


def _agreement(answers: NDArray[np.intp], votes: NDArray[np.uint8]) -> Accuracy | None:
    ordered = np.sort(votes, 1)
    clear = (ordered[:, -1] > ordered[:, -2]) & (votes.argmax(1) < len(LABELS))
    if not clear.any():
        return None
    seen = np.array([LABELS.index(VOTES[i]) for i in range(len(LABELS))])[votes[clear].argmax(1)]
    return accuracy(answers[clear] == seen)
