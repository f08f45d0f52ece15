"""Smaller pictures that are the same on every processor.

From bytes, OpenCV adds the shares of pixels in single precision and rounds the sum: on arm64 and on x86-64 some pixels
then differ by one grey level, and with them what the cascade finds. In double precision the sums differ by less than a
billionth of a level. A half is always rounded up.
"""

import math

import cv2
import numpy as np

from edge.camera.sources.base import Luma

_HALF = 0.5 + 1e-6
_ROWS = 32
"""Rows of `luma` that become double precision at a time: a whole frame takes 7 MB, and the heap keeps as much."""


def smaller(luma: Luma, width: int, height: int) -> Luma:
    """Return a (height, width) uint8 picture in which each pixel is the mean of the area that it covers in `luma`."""
    # Each of the `parts` begins and ends between two rows, in both pictures.
    parts = math.gcd(len(luma), height)
    rows, rows_after = len(luma) // parts, height // parts
    together = max(1, _ROWS // rows)
    made = np.empty((height, width), np.uint8)
    for first in range(0, parts, together):
        band = luma[first * rows : (first + together) * rows]
        into = made[first * rows_after : (first + together) * rows_after]
        into[:] = cv2.resize(band.astype(np.float64), (width, len(into)), interpolation=cv2.INTER_AREA) + _HALF
    return made
