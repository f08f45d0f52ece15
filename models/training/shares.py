"""How far a group's estimated mix of emotions is from the true one, for each way of estimating it.

Bags of faces are drawn with a mix of their own; the error is the total variation distance, which is the share of the
group that was counted for the wrong emotion. Every row is calibrated by what was fitted on the other rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.counting.prevalence import adapted
from models.training.calibrate import cross_fitted

_BAGS = 300


@dataclass(frozen=True)
class ShareErrors:
    """Mean errors over bags, shares of a group.

    Attributes:
        labels: counting the most probable label of each, as everyone does.
        soft: summing the probabilities.
        estimated: `edge.counting.prevalence.adapted`.

    """

    labels: float
    soft: float
    estimated: float

    @property
    def saved(self) -> float:
        """By which part the estimate errs less than counting labels."""
        return 1 - self.estimated / self.labels


def share_errors(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.int64],
    size: int,
    *,
    wild: bool,
) -> ShareErrors:
    """Measure on bags of `size` faces.

    Args:
        probabilities: (N, 7) of the model.
        labels: (N,) true ones.
        size: faces in a bag.
        wild: True draws mixes from Dirichlet(1), any mix alike; False moderately shifted ones, around that of the data.

    """
    generator = np.random.default_rng(0)
    classes = probabilities.shape[1]
    calibrated = cross_fitted(probabilities, labels)
    prior = np.bincount(labels, minlength=classes) / len(labels)
    rows = [np.flatnonzero(labels == k) for k in range(classes)]
    errors = []
    for _ in range(_BAGS):
        mix = generator.dirichlet(np.ones(classes) if wild else 10 * prior + 0.3)
        counts = generator.multinomial(size, mix)
        bag = np.concatenate([generator.choice(rows[k], counts[k]) for k in range(classes)])
        truth = counts / size
        guesses = (
            np.bincount(probabilities[bag].argmax(1), minlength=classes) / size,
            calibrated[bag].mean(0),
            adapted(calibrated[bag], np.ones(size), prior).mean(0),
        )
        errors.append([float(np.abs(guess - truth).sum() / 2) for guess in guesses])
    return ShareErrors(*(round(float(value), 4) for value in np.mean(errors, 0)))
