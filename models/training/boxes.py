"""Windows in a picture: their overlap, and how they become 48x48 faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.dataset import SIDE


def overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, M) intersection over union of (N, 4) and (M, 4) boxes of x, y, width, height."""
    one, other = boxes[:, None, :], others[None, :, :]
    sides = np.minimum(one[..., :2] + one[..., 2:], other[..., :2] + other[..., 2:]) - np.maximum(
        one[..., :2], other[..., :2]
    )
    shared = np.clip(sides, 0, None).prod(-1)
    united: NDArray[np.float64] = one[..., 2:].prod(-1) + other[..., 2:].prod(-1) - shared
    return shared / united


def cut(grey: NDArray[np.uint8], box: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return one window of a grey picture as (48, 48) uint8."""
    x, y, w, h = (int(value) for value in box)
    shrinking = cv2.INTER_AREA if min(w, h) >= SIDE else cv2.INTER_LINEAR
    face: NDArray[np.uint8] = cv2.resize(grey[y : y + h, x : x + w], (SIDE, SIDE), interpolation=shrinking).astype(
        np.uint8
    )
    return face
