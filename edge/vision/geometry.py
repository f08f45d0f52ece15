"""Rectangles: boxes in pixels, and zones of the picture in which no face counts (posters, a screen, a window)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int32]
"""(N, 4) rows of x, y, width, height in pixels."""
Zone = tuple[float, float, float, float]
"""Left, top, width, height, as shares of the picture."""


def overlap(one: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Return the (N, M) intersection over union of every pair."""
    a, b = one[:, None, :].astype(np.float64), other[None, :, :].astype(np.float64)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
    shared: NDArray[np.float64] = np.clip(high - low, 0, None).prod(-1)
    union: NDArray[np.float64] = a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - shared
    ratio: NDArray[np.float64] = shared / union
    return ratio


def outside(boxes: Boxes, zones: Sequence[Zone], width: int, height: int) -> NDArray[np.bool_]:
    """Return for (N, 4) `boxes` in pixels of a `width` x `height` picture whether their centre lies in no zone."""
    centres = (boxes[:, :2] + boxes[:, 2:] / 2) / (width, height)
    kept = np.ones(len(boxes), bool)
    for left, top, across, down in zones:
        inside = (centres >= (left, top)) & (centres < (left + across, top + down))
        kept &= ~inside.all(1)
    return kept
