"""Smaller pictures that are the same on every processor.

From bytes, OpenCV adds the shares of pixels in single precision and rounds the sum: on arm64 and on x86-64 some pixels
then differ by one grey level, and with them what the cascade finds. In double precision the sums differ by less than a
billionth of a level. A half is always rounded up.
"""

import cv2
import numpy as np

from edge.camera.sources.base import Luma

_HALF = 0.5 + 1e-6


def smaller(luma: Luma, width: int, height: int) -> Luma:
    """Return a (height, width) uint8 picture in which each pixel is the mean of the area that it covers in `luma`."""
    means = np.asarray(cv2.resize(luma.astype(np.float64), (width, height), interpolation=cv2.INTER_AREA), np.float64)
    means += _HALF
    return means.astype(np.uint8)
