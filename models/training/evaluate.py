"""Measure a model file as it ships: the int8 graph in the interpreter, without any of the daemon's code."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.training.dataset import LABELS, Split

_Z95 = 1.959964
_BINS = 15


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
        calibration_error: expected calibration error, 15 equal bins of the largest probability.

    """

    official: Accuracy
    clean: Accuracy
    recall: dict[str, float]
    confusion: list[list[int]]
    calibration_error: float


def predict(model: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (N, 7) probabilities of (N, 48, 48) faces; the real input is the pixel, output 0 the answer."""
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    entry, exit_ = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = entry["quantization"]
    quantised = np.clip(np.rint(images / np.float32(scale)) + zero, -128, 127).astype(np.int8)
    scale, zero = exit_["quantization"]
    rows = []
    for face in quantised:
        interpreter.set_tensor(entry["index"], face[None, ..., None])
        interpreter.invoke()
        rows.append((interpreter.get_tensor(exit_["index"])[0].astype(np.float32) - zero) * scale)
    return np.stack(rows)


def evaluate(probabilities: NDArray[np.float32], split: Split) -> Evaluation:
    """Compare (N, 7) probabilities with the labels of `split`."""
    answers = probabilities.argmax(1)
    right = answers == split.labels
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (split.labels, answers), 1)
    recall = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    return Evaluation(
        official=_accuracy(right),
        clean=_accuracy(right[split.clean]),
        recall={label: round(float(value), 4) for label, value in zip(LABELS, recall, strict=True)},
        confusion=confusion.tolist(),
        calibration_error=round(_calibration_error(probabilities.max(1), right), 4),
    )


def _accuracy(right: NDArray[np.bool_]) -> Accuracy:
    n, p = len(right), float(right.mean())
    centre = (p + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 / (1 + _Z95**2 / n) * math.sqrt(p * (1 - p) / n + _Z95**2 / (4 * n * n))
    return Accuracy(n, round(p, 4), round(centre - half, 4), round(centre + half, 4))


def _calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(confidence[bins == b].mean()) - float(right[bins == b].mean())) * (bins == b).sum() for b in set(bins)
    ]
    return float(sum(gaps)) / len(right)
