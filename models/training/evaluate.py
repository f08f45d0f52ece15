"""Every figure that the model card claims, measured on a model file and a data file."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.counting.prevalence import Reference
from models.training.calibrate import cross_fitted
from models.training.dataset import LABELS, Split, plurality_of
from models.training.groups import Faces, GroupErrors, fitted_on_others, group_errors
from models.training.hardships import damaged
from models.training.model_file import Answers
from models.training.natural import NaturalFaces

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
        plurality: agreement with the emotion that most FER+ viewers see, where that is one of the seven without a tie.
        plurality_clean: the same without the rows that have a copy in the training split.
        protocol: agreement of the label's output with FER-2013's label, over all rows: the published protocol.
        protocol_clean: the same without copies.
        recall: of `plurality` per emotion, in the order of `dataset.LABELS`.
        confusion: (7, 7) counts, rows are what most viewers see.
        calibration_error: expected calibration error against the plurality, 15 equal bins of the largest probability.
        calibration_error_corrected: the same with bias-corrected temperature scaling that was fitted on other rows.
        groups: errors of the counts of a group, by the bags' name; empty where an emotion has too few clean rows.
        hardships: points lost by each damage of the clean rows, by its name.

    """

    plurality: Accuracy
    plurality_clean: Accuracy
    protocol: Accuracy
    protocol_clean: Accuracy
    recall: dict[str, float]
    confusion: list[list[int]]
    calibration_error: float
    calibration_error_corrected: float
    groups: dict[str, GroupErrors]
    hardships: dict[str, float]

    @property
    def mean_loss(self) -> float:
        """Mean of the points lost by damage."""
        return sum(self.hardships.values()) / max(1, len(self.hardships))


def evaluate(answer: Callable[[NDArray[np.uint8]], Answers], split: Split) -> Evaluation:
    """Compare what a model answers with the votes and labels of `split`.

    Args:
        answer: the model: from (N, 48, 48) uint8 faces to its answers.
        split: whose votes must not all be zero.

    """
    answers = answer(split.images)
    voted, plurality = plurality_of(split.votes)
    probabilities, truth, clean = answers.viewers[voted], plurality[voted], split.clean[voted]
    right = probabilities.argmax(1) == truth
    protocol = answers.label.argmax(1) == split.labels
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (truth, probabilities.argmax(1)), 1)
    recall = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    return Evaluation(
        plurality=accuracy(right),
        plurality_clean=accuracy(right[clean]),
        protocol=accuracy(protocol),
        protocol_clean=accuracy(protocol[split.clean]),
        recall={label: round(float(value), 4) for label, value in zip(LABELS, recall, strict=True)},
        confusion=confusion.tolist(),
        calibration_error=round(calibration_error(probabilities, truth), 4),
        calibration_error_corrected=round(calibration_error(cross_fitted(probabilities, truth), truth), 4),
        groups=_groups(probabilities[clean], truth[clean]),
        hardships=_hardships(answer, split.images[voted][clean], truth[clean]),
    )


@dataclass(frozen=True)
class NaturalFigures:
    """Figures of other people's faces in their natural mix.

    Attributes:
        right: agreement with the labels of these faces.
        groups: errors of the counts of a group, by the bags' name.

    """

    right: Accuracy
    groups: dict[str, GroupErrors]


def evaluate_natural(
    answer: Callable[[NDArray[np.uint8]], Answers], natural: NaturalFaces, reference: Reference
) -> NaturalFigures:
    """Compare what a model answers with the emotions of natural faces; `reference` is that of the model."""
    probabilities = answer(natural.images).viewers.astype(np.float64)
    return natural_figures(Faces(probabilities, natural.emotion, reference))


def natural_figures(faces: Faces) -> NaturalFigures:
    """Return how often the answers to natural faces are right, and the errors of groups of them."""
    return NaturalFigures(
        right=accuracy(faces.probabilities.argmax(1) == faces.truth),
        groups={f"{size} faces, natural mix": group_errors(faces, size, "own") for size in (200, 25, 10, 5)},
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


def _groups(probabilities: NDArray[np.float32], truth: NDArray[np.int64]) -> dict[str, GroupErrors]:
    if np.bincount(truth, minlength=len(LABELS)).min() < _FEWEST_OF_A_CLASS:
        return {}
    faces = fitted_on_others(probabilities, truth)
    kinds = [(size, mixes) for mixes in ("shifted", "any") for size in (200, 25, 10, 5)]
    return {f"{size} faces, {mixes} mix": group_errors(faces, size, mixes) for size, mixes in kinds}


def _hardships(
    answer: Callable[[NDArray[np.uint8]], Answers], images: NDArray[np.uint8], truth: NDArray[np.int64]
) -> dict[str, float]:
    right = {name: (answer(faces).viewers.argmax(1) == truth).mean() for name, faces in damaged(images).items()}
    plain = right.pop("plain")
    return {name: round(100 * float(plain - value), 2) for name, value in right.items()}
