"""Parts of a frame that are searched for faces of some sizes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.geometry import Boxes

ANY_SIZE = math.inf
NEAR = 0.125
"""Share of the frame's long side up to which faces are searched in parts of it: larger ones are near the camera."""
_OVERLAP = 0.8
"""The smallest of the large faces, as a share of `NEAR`: a face is found as a whole by one of the two searches."""


@dataclass(frozen=True)
class Region:
    """A rectangle, and which faces are searched in it: those that lie inside as a whole and are of these sizes.

    Attributes:
        left: pixels of the frame, as all others.
        top: of the rectangle.
        width: of the rectangle.
        height: of the rectangle.
        least: side of the smallest face; 0 for the smallest that the detector finds.
        most: side of the largest face.
        margin: width of the border in which a face lies only partly inside, where the region has neighbours.

    """

    left: int
    top: int
    width: int
    height: int
    least: float = 0.0
    most: float = ANY_SIZE
    margin: float = 0.0

    def cut(self, luma: Luma) -> Luma:
        """Return the pixels of a (height, width) uint8 frame that lie in the rectangle."""
        return luma[self.top : self.top + self.height, self.left : self.left + self.width]

    def core(self, width: int, height: int) -> NDArray[np.float64]:
        """Return the (4,) rectangle, without its margins but at the edges of a frame of `width` x `height` pixels."""
        left = self.left + self.margin * (self.left > 0)
        top = self.top + self.margin * (self.top > 0)
        right = self.left + self.width - self.margin * (self.left + self.width < width)
        bottom = self.top + self.height - self.margin * (self.top + self.height < height)
        return np.array([left, top, max(1.0, right - left), max(1.0, bottom - top)])

    def of_sizes(self, least: float, most: float) -> "Region":
        """Return the same rectangle for sizes that are also between these."""
        return replace(self, least=max(self.least, least), most=min(self.most, most))

    def overlaps(self, other: "Region") -> bool:
        """Return whether the rectangles have pixels in common."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.top < other.top + other.height
            and other.top < self.top + self.height
        )

    def encloses(self, other: "Region") -> bool:
        """Return whether the other rectangle lies in this one."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.left + other.width <= self.left + self.width
            and other.top + other.height <= self.top + self.height
        )

    def joined(self, other: "Region") -> "Region":
        """Return the rectangle around both, for the sizes of both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right = max(self.left + self.width, other.left + other.width)
        bottom = max(self.top + self.height, other.top + other.height)
        sizes = min(self.least, other.least), max(self.most, other.most)
        return Region(left, top, right - left, bottom - top, *sizes, max(self.margin, other.margin))

    def holds(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return for (N, 4) boxes whether a search of this region finds a face there."""
        sides = np.sqrt(boxes[:, 2:].prod(1, dtype=np.float64))
        inside = (boxes[:, :2] >= (self.left, self.top)).all(1)
        inside &= (boxes[:, :2] + boxes[:, 2:] <= (self.left + self.width, self.top + self.height)).all(1)
        found: NDArray[np.bool_] = inside & (sides >= self.least) & (sides <= self.most)
        return found


def held(boxes: Boxes, regions: Sequence[Region]) -> NDArray[np.bool_]:
    """Return for (N, 4) boxes whether a search of any of the regions finds a face there."""
    if not regions:
        return np.zeros(len(boxes), bool)
    found: NDArray[np.bool_] = np.any([region.holds(boxes) for region in regions], axis=0)
    return found


def large(width: int, height: int) -> Region:
    """Return the search for faces near the camera in a frame of `width` x `height` pixels."""
    return Region(0, 0, width, height, _OVERLAP * NEAR * max(width, height))


def merged(regions: Sequence[Region]) -> list[Region]:
    """Return regions joined where their rectangles overlap."""
    kept: list[Region] = []
    for region in regions:
        joined = region
        while other := next((one for one in kept if joined.overlaps(one)), None):
            kept.remove(other)
            joined = joined.joined(other)
        kept.append(joined)
    return kept


def without_inner(regions: Sequence[Region]) -> list[Region]:
    """Return the regions whose rectangles lie in no larger one, for a detector that finds all sizes at once."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda region: -region.width * region.height):
        if not any(one.encloses(region) for one in kept):
            kept.append(region)
    return kept


def around(box: NDArray[np.int32], reach: float, spread: float, width: int, height: int) -> Region:
    """Return the region around a (4,) box in a frame of `width` x `height` pixels.

    Args:
        box: a face.
        reach: width of the region in widths of the face.
        spread: largest size to search in sizes of the face; the smallest is its inverse.
        width: of the frame.
        height: of the frame.

    """
    x, y, w, h = (float(value) for value in box)
    side = math.sqrt(w * h)
    left, top = max(0, int(x + w / 2 - reach * w / 2)), max(0, int(y + h / 2 - reach * h / 2))
    right, bottom = min(width, math.ceil(x + w / 2 + reach * w / 2)), min(height, math.ceil(y + h / 2 + reach * h / 2))
    sides = max(1, right - left), max(1, bottom - top)
    return Region(left, top, *sides, side / spread, side * spread, (reach - 1) / 2 * side)
