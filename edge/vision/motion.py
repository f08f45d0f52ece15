"""Whether anything in view has changed: what lets an empty or still room cost next to nothing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma

_WIDTH = 160
_ROWS_A_CELL = 2
"""Of the rows that a cell covers; reading all of them would cost three times as much."""
_CHANGED = 8
"""Grey levels: a cell averages 16 pixels of a 720p frame, which leaves about one level of the sensor's noise."""
_CELLS = 4
"""A face of 40 pixels covers 25 cells; a fluorescent lamp's flicker or a new compression block changes fewer."""


class MotionGate:
    """Compares frames, averaged to 160 cells across, with the one that was marked last.

    Slow drift is seen too, because the reference stays until it is marked anew. One thread.
    """

    def __init__(self) -> None:
        self._marked: NDArray[np.uint8] | None = None
        self._cells: NDArray[np.uint8] = np.empty((0, 0), np.uint8)

    def moved(self, luma: Luma) -> bool:
        """Return whether a (height, width) uint8 frame differs from the marked one; True where none is."""
        height, width = luma.shape
        size = (min(_WIDTH, width), max(1, round(height * min(_WIDTH, width) / width)))
        rows = luma[:: max(1, height // (_ROWS_A_CELL * size[1]))]
        self._cells = np.asarray(cv2.resize(rows, size, interpolation=cv2.INTER_AREA), np.uint8)
        if self._marked is None or self._marked.shape != self._cells.shape:
            return True
        changed = cv2.absdiff(self._cells, self._marked) > _CHANGED
        return int(np.count_nonzero(changed)) >= _CELLS

    def mark(self) -> None:
        """Make the frame that `moved` saw last the one to compare with."""
        self._marked = self._cells
