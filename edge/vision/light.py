"""How much light a picture has: what is too dark to search must not be told as an empty room."""

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
_DARKEST, _BRIGHTEST = 1, 99
"""Percentiles: a single lamp or a dead pixel is not the room's light."""
_DIM = 64.0
_TOO_DARK = 12.0
"""Grey levels from the darkest to the brightest part. See tests/measure_detector.py: below, most faces are missed."""
_NIGHT = 64.0
"""Grey levels of the brightest part above which a picture without contrast is a wall or fog, and not a dark room."""


def cells(luma: Luma) -> Cells:
    """Average a (height, width) uint8 frame to cells, `CELLS_ACROSS` of them across."""
    height, width = luma.shape
    across = min(CELLS_ACROSS, width)
    size = (across, max(1, round(height * across / width)))
    rows = luma[:: max(1, height // (_ROWS_A_CELL * size[1]))]
    return np.asarray(cv2.resize(rows.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def contrast(picture: Cells) -> float:
    """Return the grey levels between the darkest and the brightest part of a frame's cells."""
    darkest, brightest = np.percentile(picture, (_DARKEST, _BRIGHTEST))
    return float(brightest - darkest)


def light(picture: Cells) -> Light:
    """Return what a frame's cells say of the light."""
    darkest, brightest = np.percentile(picture, (_DARKEST, _BRIGHTEST))
    if brightest >= _NIGHT:
        return "good" if brightest - darkest >= _DIM else "dim"
    return "too_dark" if brightest - darkest < _TOO_DARK else "dim"
