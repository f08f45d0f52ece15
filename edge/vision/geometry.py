"""Rectangles in pixels, `(x, y, w, h)`, as integer rows of a (N, 4) array."""

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int32]


def overlap(one: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Return the (N, M) intersection over union of every pair."""
    a, b = one[:, None, :].astype(np.float64), other[None, :, :].astype(np.float64)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared: NDArray[np.float64] = np.clip(high - low, 0, None).prod(-1)
    union: NDArray[np.float64] = a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - shared
    ratio: NDArray[np.float64] = shared / union
    return ratio
