"""Whether anything in view has changed: what lets an empty or still room cost next to nothing."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.light import CELLS_ACROSS, Cells, contrast

_CHANGED = 0.04
"""Share of the picture's contrast: 8 grey levels in a well lit picture. A lamp's flicker stays below it."""
_NOISE = 6.0
"""Standard deviations of the sensor's noise that no cell of a still picture reaches."""
_NORMAL_DEVIATION = 0.6745
"""Median of the absolute value of a normal variable, in standard deviations."""
_RECENT = 8
"""Frames of which the quietest pair tells the noise: where things move, more than noise changes."""
_MOST_NOISE = 4.0
"""Grey levels: a cell averages many pixels, so no sensor reaches this. Of few frames, each may be a changed room."""
_CELLS = 4
"""A face of 40 pixels covers 25 cells; a fluorescent lamp's flicker or a new compression block changes fewer."""


class MotionGate:
    """Compares frames, averaged to cells, with the one that was marked last. One thread.

    What counts as a change depends on the light and on the noise of this very picture: a dark room changes by fewer
    grey levels. Slow drift is seen too, because the reference stays until it is marked anew.
    """

    def __init__(self) -> None:
        self._marked: Cells | None = None
        self._threshold = 0.0
        self._cells: Cells = np.empty((0, CELLS_ACROSS), np.float32)
        self._noise: deque[float] = deque(maxlen=_RECENT)

    def moved(self, cells: Cells) -> bool:
        """Return whether a frame's cells (see `edge.vision.light`) differ from the marked ones; True where none are."""
        before, self._cells = self._cells, cells
        if before.shape != cells.shape:
            self._noise.clear()
        else:
            self._noise.append(float(np.median(cv2.absdiff(cells, before))) / _NORMAL_DEVIATION)
        if self._marked is None or self._marked.shape != cells.shape:
            return True
        noise = min((*self._noise, _MOST_NOISE))
        threshold = max(self._threshold, _NOISE * noise)
        changed: NDArray[np.bool_] = cv2.absdiff(cells, self._marked) > threshold
        return int(np.count_nonzero(changed)) >= _CELLS

    def mark(self) -> None:
        """Make the frame that `moved` saw last the one to compare with."""
        self._marked = self._cells
        self._threshold = max(1.0, _CHANGED * contrast(self._cells))
