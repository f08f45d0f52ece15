"""The cells of a frame, as motion is seen in them, and its pixels."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.geometry import Rectangles, Zone
from edge.vision.motion import Mask
from edge.vision.regions import Region


class Grid:
    """Rows and columns of cells that cover a frame of `width` x `height` pixels."""

    def __init__(self, width: int, height: int, cells: tuple[int, ...]) -> None:
        self.width, self.height = width, height
        self.cells = cells
        self._across, self._down = width / cells[1], height / cells[0]

    @property
    def longest(self) -> int:
        """The long side of the frame in pixels."""
        return max(self.width, self.height)

    def at(self, box: NDArray[np.int32] | NDArray[np.float64]) -> tuple[slice, slice]:
        """Return the rows and columns that a (4,) box in pixels touches."""
        x, y, w, h = (float(value) for value in box)
        rows = slice(max(0, math.floor(y / self._down)), max(0, math.ceil((y + h) / self._down)))
        return rows, slice(max(0, math.floor(x / self._across)), max(0, math.ceil((x + w) / self._across)))

    def touched(self, boxes: Rectangles) -> Mask:
        """Return the cells that any of (N, 4) boxes in pixels touches."""
        touched = np.zeros(self.cells, bool)
        for box in boxes:
            touched[self.at(box)] = True
        return touched

    def within(self, zones: Sequence[Zone]) -> Mask:
        """Return the cells that lie as a whole in any of some zones."""
        rows, columns = self.cells
        inside = np.zeros(self.cells, bool)
        for left, top, across, down in zones:
            right, bottom = math.floor((left + across) * columns), math.floor((top + down) * rows)
            inside[math.ceil(top * rows) : bottom, math.ceil(left * columns) : right] = True
        return inside

    def grown(self, mask: Mask, reach: float) -> Mask:
        """Return the cells within `reach` pixels of those of a mask."""
        rows, columns = (2 * math.ceil(reach / side) + 1 for side in (self._down, self._across))
        return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((rows, columns), np.uint8)), bool)

    def rectangles(self, mask: Mask, margin: float) -> list[Region]:
        """Return the rectangle around each group of cells."""
        count, _labels, stats, _centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        found = []
        for x, y, across, down, _area in stats[1:count]:
            left, top = int(x * self._across), int(y * self._down)
            right = min(self.width, math.ceil((x + across) * self._across))
            bottom = min(self.height, math.ceil((y + down) * self._down))
            found.append(Region(left, top, right - left, bottom - top, margin=margin))
        return found
