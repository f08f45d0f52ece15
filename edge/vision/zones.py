"""Parts of the picture in which no face counts: posters, a screen, the window to the corridor."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.vision.geometry import Boxes

Zone = tuple[float, float, float, float]
"""Left, top, width, height, as shares of the picture."""


def outside(boxes: Boxes, zones: Sequence[Zone], width: int, height: int) -> NDArray[np.bool_]:
    """Return for (N, 4) `boxes` in pixels of a `width` x `height` picture whether their centre lies in no zone."""
    centres = (boxes[:, :2] + boxes[:, 2:] / 2) / (width, height)
    kept = np.ones(len(boxes), bool)
    for left, top, across, down in zones:
        inside = (centres >= (left, top)) & (centres < (left + across, top + down))
        kept &= ~inside.all(1)
    return kept
