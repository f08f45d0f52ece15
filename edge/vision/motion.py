"""Where anything in view has changed: what lets an empty or still room cost next to nothing."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.light import CELLS_ACROSS, Cells
from edge.vision.noise import deviation

Mask = NDArray[np.bool_]
"""(rows, columns) a frame's cells that something is true of."""
_CHANGED = 0.04
"""Share of the picture's contrast: 8 grey levels in a well lit picture. A lamp's flicker stays below it."""
_NOISE = 6.0
"""Standard deviations of the sensor's noise that no cell of a still picture reaches."""
_RECENT = 8
"""Frames of which the quietest pair tells the noise: where things move, more than noise changes."""
_SAMPLED = 2
"""Every second row and column of cells tells the noise as well as all of them."""
_MOST_NOISE = 4.0
"""Grey levels: a cell averages many pixels, so no sensor reaches this. Of few frames, each may be a changed room."""
_WINDOW, _CELLS = 5, 4
"""Cells that change together, of a window as large as a face of 40 pixels; a flickering lamp or a new compression block
changes fewer."""


_SURROUNDINGS = 41
"""Cells: a quarter of the picture's width, several faces wide."""
_LIT = 1.5
"""By so much more or less light all of the picture counts as changed: faces may be found that were not before."""


class MotionGate:
    """Compares frames, averaged to cells, with what they were when they were marked last. One thread.

    What counts as a change depends on the light and on the noise of this very picture: a dark room changes by fewer
    grey levels. Slow changes add up, because the reference stays until it is marked anew. Daylight and the camera's
    exposure, which make wide parts of the picture brighter or darker by one factor, are no change until it is large.
    """

    def __init__(self) -> None:
        self._marked: Cells | None = None
        self._cells: Cells = np.empty((0, CELLS_ACROSS), np.float32)
        self._noise: deque[float] = deque(maxlen=_RECENT)

    def changed(self, cells: Cells, contrast: float) -> Mask:
        """Return which of a frame's cells differ from the marked ones; all where none are.

        Args:
            cells: of the frame, see `edge.vision.light`.
            contrast: of the frame, see there.

        """
        before, self._cells = self._cells, cells
        if before.shape != cells.shape:
            self._noise.clear()
        else:
            every = cells[::_SAMPLED, ::_SAMPLED]
            differences = cv2.absdiff(every, before[::_SAMPLED, ::_SAMPLED])
            self._noise.append(deviation(np.asarray(differences, np.float32)))
        if self._marked is None or self._marked.shape != cells.shape:
            return np.ones(cells.shape, bool)
        noise = min((*self._noise, _MOST_NOISE))
        threshold = max(1.0, _CHANGED * contrast, _NOISE * noise)
        gain = _gain(self._marked, cells)
        if not 1 / _LIT < float(np.median(gain[::_SAMPLED, ::_SAMPLED])) < _LIT:
            return np.ones(cells.shape, bool)
        differs = cv2.absdiff(cells, self._marked * gain) > threshold
        if not differs.any():
            return differs
        around = cv2.boxFilter(differs.astype(np.float32), -1, (_WINDOW, _WINDOW), normalize=False)
        changed: Mask = differs & (around >= _CELLS - 0.5)
        return changed

    def mark(self, where: Mask) -> None:
        """Compare with the latest frame from now on where a mask is true; everywhere at first."""
        if self._marked is None or self._marked.shape != self._cells.shape:
            self._marked = self._cells.copy()
        else:
            self._marked[where] = self._cells[where]


def _gain(before: Cells, after: Cells) -> Cells:
    """Return by which factor each cell's surroundings became brighter."""
    wide = (_SURROUNDINGS, _SURROUNDINGS)
    return np.asarray((cv2.blur(after, wide) + 1) / (cv2.blur(before, wide) + 1), np.float32)
