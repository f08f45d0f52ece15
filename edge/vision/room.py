"""How large a face is at each place of the room: perspective makes it change smoothly over the picture.

The logarithm of the size is fitted as a plane over the picture, by Bayesian linear regression with weights that fall
for what does not fit (Student's t; Lange, Little & Taylor, "Robust Statistical Modeling Using the t Distribution", JASA
84, 1989). Few people, or people in one corner only, leave the plane uncertain elsewhere, and then all sizes are
possible. Sizes and places are kept in memory only.
"""

import math

import numpy as np
from numpy.typing import NDArray

from edge.vision.geometry import Boxes
from edge.vision.grid import Grid
from edge.vision.regions import Region

_PLACES = 16
"""Cells across the picture of which each keeps the size of the last face: at most a few hundred numbers."""
_DEVIATION = 0.15
"""Of the logarithm of a face's size at one place: heads and the detector's boxes differ, see the model card."""
_PRIOR_DEVIATION = 1.5
"""Of the plane's height and slopes before anyone was seen: a face may be a fiftieth or a half of the picture."""
_CENTER = np.array([-2.5, 0.0, 0.0])
"""The plane before: a twelfth of the picture's width, everywhere."""
_FREEDOM = 4.0
_ROUNDS = 3
_SECONDS = 180.0
"""So long the size of a face is remembered: the camera may have been moved."""
_NEWS = 200
"""Faces after which the plane is fitted anew."""
_SURE = 2.5
"""Deviations within which a size is possible."""


class RoomSizes:
    """Learns sizes from confirmed people; one for each view of the camera. One thread."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[float, float, float, float]] = {}
        self._mean = _CENTER
        self._covariance = np.eye(3) * _PRIOR_DEVIATION**2
        self._news = 0

    def learn(self, boxes: Boxes, width: int, height: int, now: float) -> None:
        """Take the (N, 4) faces of people in a frame of `width` x `height` pixels, taken at `now` seconds.

        Call it for each frame, also without people: what was seen too long ago is forgotten.
        """
        self._forget(now)
        for x, y, w, h in boxes.astype(np.float64):
            across, down = (x + w / 2) / width, (y + h / 2) / height
            cell = int(across * _PLACES), int(down * _PLACES)
            self._seen.pop(cell, None)  # so that the first of them is the oldest
            self._seen[cell] = across, down, math.log(math.sqrt(w * h) / width), now
            self._news += 1

    def possible(self, left: float, top: float, width: float, height: float) -> tuple[float, float]:
        """Return the sizes of the smallest and the largest possible face, as shares of the picture's width.

        Args:
            left: of the rectangle in which they are, as a share of the picture's width.
            top: as a share of its height.
            width: as a share of its width.
            height: as a share of its height.

        """
        if self._news and self._news >= min(len(self._seen), _NEWS):
            self._fit()
        height_of, across, down = map(float, self._mean)
        (v, va, vd), (_, aa, ad), (_, _, dd) = self._covariance.tolist()
        least, most = math.inf, -math.inf
        for x in (left - 0.5, left + width - 0.5):  # not as arrays: for four corners they take ten times as long
            for y in (top - 0.5, top + height - 0.5):
                middle = height_of + across * x + down * y
                variance = v + 2 * (va * x + vd * y + ad * x * y) + aa * x * x + dd * y * y
                spread = _SURE * math.sqrt(variance + _DEVIATION**2)
                least, most = min(least, middle - spread), max(most, middle + spread)
        return math.exp(least), math.exp(most)

    def plausible(self, region: Region, grid: Grid) -> Region:
        """Return a region of a frame for the sizes that faces can have there."""
        width, height = grid.width, grid.height
        least, most = self.possible(
            region.left / width, region.top / height, region.width / width, region.height / height
        )
        return region.of_sizes(least * width, most * width)

    def _forget(self, now: float) -> None:
        """Forget the sizes that were seen too long ago, and what they say of the plane."""
        known = len(self._seen)
        while self._seen and now - next(iter(self._seen.values()))[3] > _SECONDS:
            del self._seen[next(iter(self._seen))]
        if len(self._seen) < known:
            self._fit()

    def _fit(self) -> None:
        self._news = 0
        seen = np.array(list(self._seen.values())).reshape(-1, 4)
        places = np.column_stack([np.ones(len(seen)), seen[:, :2] - 0.5])
        sizes = seen[:, 2]
        prior: NDArray[np.float64] = np.eye(3) / _PRIOR_DEVIATION**2
        weights = np.ones(len(seen))
        for _ in range(_ROUNDS):
            precision = prior + (places * weights[:, None]).T @ places / _DEVIATION**2
            self._covariance = np.linalg.inv(precision)
            self._mean = self._covariance @ (prior @ _CENTER + places.T @ (weights * sizes) / _DEVIATION**2)
            distance = ((sizes - places @ self._mean) / _DEVIATION) ** 2
            weights = (_FREEDOM + 1) / (_FREEDOM + distance)
