"""How much light a picture has: a picture that is too dark to search must not count as an empty room."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.contract.records import Light

Cells = NDArray[np.float32]
"""(rows, columns) mean grey levels of a frame's cells."""

CELLS_ACROSS = 160
_ROWS_A_CELL = 2
"""Of the rows that a cell covers; reading all of them would cost three times as much."""
_DARKEST, _BRIGHTEST = 0.01, 0.99
"""Quantiles: a single lamp or a dead pixel is not the room's light."""
_DIM, _TOO_DARK = 64.0, 12.0
"""Grey levels of the brightest part: a quarter and a twentieth of a well lit room's. Below, noise hides most faces."""
_LEAST_CONTRAST = 4.0
"""Grey levels: a sensor whose black is not 0 gives this little at night."""


def cells(luma: Luma) -> Cells:
    """Average a (height, width) uint8 frame to cells, `CELLS_ACROSS` of them across."""
    height, width = luma.shape
    across = min(CELLS_ACROSS, width)
    size = (across, max(1, round(height * across / width)))
    rows = luma[:: max(1, height // (_ROWS_A_CELL * size[1]))]
    return np.asarray(cv2.resize(rows.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def contrast(picture: Cells) -> float:
    """Return the grey levels between the darkest and the brightest part of a frame's cells."""
    darkest, brightest = levels(picture)
    return brightest - darkest


def levels(picture: Cells) -> tuple[float, float]:
    """Return the grey levels of the darkest and the brightest part of a frame's cells."""
    values = picture.ravel()
    low, high = (round(share * (len(values) - 1)) for share in (_DARKEST, _BRIGHTEST))
    ordered = np.partition(values, (low, high))
    return float(ordered[low]), float(ordered[high])


def light(darkest: float, brightest: float) -> Light:
    """Return what the grey levels of the darkest and the brightest part of a frame say of the light."""
    if brightest >= _DIM:
        return "good"
    return "too_dark" if brightest < _TOO_DARK or brightest - darkest < _LEAST_CONTRAST else "dim"
