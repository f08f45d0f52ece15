"""Groups of people whose mix of emotions is known."""

import numpy as np
from numpy.typing import NDArray

PRIOR = np.array([0.14, 0.02, 0.14, 0.25, 0.17, 0.11, 0.17])
_GENERATOR = np.random.default_rng(1)


def group(mix: NDArray[np.float64], size: int, sharpness: float = 1.5) -> NDArray[np.float64]:
    """Return (size, 7) probabilities that are calibrated under `PRIOR`, of a group whose mix is `mix`.

    Each member shows evidence drawn from a normal distribution around their emotion; the posterior is exact.
    """
    truth = _GENERATOR.choice(7, size, p=mix)
    evidence = _GENERATOR.normal(0, 1, (size, 7)) + sharpness * np.eye(7)[truth]
    posterior = PRIOR * np.exp(sharpness * evidence)
    return np.asarray(posterior / posterior.sum(1, keepdims=True))
