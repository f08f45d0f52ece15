"""Bias-corrected temperature scaling (Alexandari, Kundaje & Shrikumar, ICML 2020), fitted on a model's own answers.

A probability p becomes softmax(log p / T + b). The temperature changes no answer, so it goes into the shipped graph;
the biases may, so they stay beside it, for estimating the mix of a group.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEAST = 1 / 512  # half a step of an int8 probability
_RIDGE = 1e-3
_STEPS = 30
_FOLDS = 10


@dataclass(frozen=True)
class Calibration:
    """Temperature (1 leaves as it is) and (7,) biases in logits, which sum to zero."""

    temperature: float
    bias: NDArray[np.float64]

    def apply(self, probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated (N, 7) probabilities."""
        return _softmax(_logarithm(probabilities) / self.temperature + self.bias)


def fit(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], *, temperature: bool = True, bias: bool = True
) -> Calibration:
    """Minimise the log loss of `labels` by Newton's method; what is switched off stays neutral."""
    logarithms = _logarithm(probabilities)
    n, k = logarithms.shape
    truth = np.eye(k)[labels]
    free = np.array([temperature] + [bias] * k)
    parameters = np.array([1.0] + [0.0] * k)  # inverse temperature, biases
    inputs = np.concatenate([logarithms[:, :, None], np.broadcast_to(np.eye(k), (n, k, k))], 2)
    for _ in range(_STEPS):
        expected = _softmax(inputs @ parameters)
        pull = parameters - np.eye(1 + k)[0]
        gradient = np.einsum("nk,nkp->p", expected - truth, inputs) / n + _RIDGE * pull
        mean = np.einsum("nk,nkp->np", expected, inputs)
        curvature = np.einsum("nk,nkp,nkq->pq", expected, inputs, inputs) / n - mean.T @ mean / n
        curvature += _RIDGE * np.eye(1 + k)
        parameters[free] -= np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
    return Calibration(float(1 / parameters[0]), parameters[1:] - parameters[1:].mean())


def cross_fitted(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return calibrated (N, 7) probabilities, each row by what was fitted on the nine tenths without it."""
    calibrated = np.empty(probabilities.shape)
    for rows in _folds(len(labels)):
        calibrated[rows] = fit(probabilities[~rows], labels[~rows]).apply(probabilities[rows])
    return calibrated


def cross_fitted_bias(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (N, 7) biases, each row's fitted on the nine tenths without it."""
    biases = np.empty(probabilities.shape)
    for rows in _folds(len(labels)):
        biases[rows] = fit(probabilities[~rows], labels[~rows], temperature=False).bias
    return biases


def _folds(count: int) -> list[NDArray[np.bool_]]:
    fold = np.random.default_rng(0).permutation(count) % _FOLDS
    return [fold == number for number in range(_FOLDS)]


def _logarithm(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.log(np.maximum(probabilities.astype(np.float64), _LEAST))


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    probabilities: NDArray[np.float64] = raised / raised.sum(1, keepdims=True)
    return probabilities
