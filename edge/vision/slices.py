"""The whole picture in slices, one after the other: what bounds every error of a search of parts."""

import math

import numpy as np
from numpy.typing import NDArray

from edge.vision.grid import Grid
from edge.vision.motion import Mask
from edge.vision.regions import NEAR, Region, large, merged
from edge.vision.room import RoomSizes

_STRIPES = 4
"""From left to right; one more slice is the whole picture, for the faces that are near the camera."""
_TURNS = 4
"""In every fourth turn of a slice all of it is searched for faces of all sizes; else what has moved in
it since, for those that can be there."""


class Slices:
    """Whose turn it is: each slice has one every `still_seconds`. One thread."""

    def __init__(self, grid: Grid, still_seconds: float, now: float) -> None:
        """Begin after a search of the whole picture at `now`."""
        self._grid = grid
        self._still_seconds = still_seconds
        each = still_seconds / (_STRIPES + 1)
        self._due = [now + each * (number + 1) for number in range(_STRIPES + 1)]
        self._turns = [0] * (_STRIPES + 1)
        self._moved: NDArray[np.bool_] = np.zeros((_STRIPES + 1, *grid.cells), bool)

    def moved(self, changed: Mask) -> None:
        """Take the cells of a frame that changed since they were searched."""
        self._moved |= changed

    def late(self, now: float) -> float:
        """Return for how many seconds the next slice has been waiting for its turn."""
        return now - min(self._due)

    def take(self, now: float, room: RoomSizes) -> list[Region]:
        """Return what to search of the slices that have waited too long, but one in any case."""
        found = self._take(now, room)
        for _ in range(_STRIPES):
            if self.late(now) >= self._still_seconds / (_STRIPES + 1):  # frames are rarer than turns
                found += self._take(now, room)
        return found

    def _take(self, now: float, room: RoomSizes) -> list[Region]:
        """Return what to search of the slice that waits longest; its next turn is `still_seconds` later."""
        number = min(range(len(self._due)), key=self._due.__getitem__)
        self._due[number] = now + self._still_seconds
        region = self._region(number)
        moved = self._moved[number] & self._grid.touched(region.core(self._grid.width, self._grid.height)[None])
        self._moved[number] = False
        self._turns[number] += 1
        if self._turns[number] % _TURNS == 0:
            return [region]
        margin = NEAR * self._grid.longest / 2
        parts = self._grid.rectangles(self._grid.grown(moved, margin), margin)
        if number == _STRIPES:
            parts = [region] if any(min(part.width, part.height) >= region.least for part in parts) else []
        sized = [room.plausible(part.of_sizes(region.least, region.most), self._grid) for part in merged(parts)]
        least = NEAR * self._grid.longest if number == _STRIPES else 0.0  # those up to it are found in the stripes
        return [part for part in sized if part.most > max(part.least, least)]

    def _region(self, number: int) -> Region:
        width, height = self._grid.width, self._grid.height
        if number == _STRIPES:
            return large(width, height)
        near = NEAR * self._grid.longest
        left, right = width * number / _STRIPES - near / 2, width * (number + 1) / _STRIPES + near / 2
        start, end = max(0, int(left)), min(width, math.ceil(right))
        return Region(start, 0, end - start, height, 0, near, near / 2)
