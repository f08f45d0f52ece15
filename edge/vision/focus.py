"""Whether a picture is out of focus: fine details have gone where there are coarse ones.

Natural pictures hold about as much energy in each octave of details (Field, "Relations between the statistics of
natural images and the response properties of cortical cells", JOSA A 4, 1987). Defocus takes the fine octaves away. So
the ratio of two bands of a Laplacian pyramid (Burt & Adelson, IEEE Trans. Communications 31, 1983) tells it, whatever
the contrast. The sharpest parts decide: a smooth wall, or one thing that is too near, does not make a picture blurred.
The noise of the sensor, which looks like fine details, is estimated (Immerkær, "Fast Noise Variance Estimation",
Computer Vision and Image Understanding 64, 1996) and subtracted.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.detectors.base import shrink
from edge.vision.noise import deviation

_WIDTH = 640
"""Pixels of the long side of the picture that is judged; shrinking to it takes most of the noise away."""
_BANDS = ((0, 2), (1, 3))
"""A fine and a coarse band of the pyramid: details of about 2 and 8 pixels; and of 4 and 16, where blur has taken away
even those of 8."""
_PARTS = (20, 12)
"""Across and down."""
_LEAST_STRUCTURE = 9.0
"""Energy of coarse details, squared grey levels, that a part needs: noise and a shaded wall have less."""
_LEAST_SHARE = 0.13
"""Of the parts, that have so much structure."""
_SHARPEST = 95
"""Percentile of the parts that decides."""
_NOISE_LEFT = (0.75, 0.045)
"""Share of the variance of white noise that is in each fine band."""
_LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_SAMPLED = 3
"""Every third row and column tells the noise as well as all of them."""
_BLURRED = 0.15
"""Chosen on every eighth picture of `faces-dev`, see `python -m tests.measure_picture`."""

Band = NDArray[np.float32]


def sharpness(luma: Luma) -> float | None:
    """Return the energy of fine details as a share of that of coarse ones, in the sharpest parts of a frame.

    About 2 for a sharp picture; below 0.15, three quarters of the faces are lost. None where the frame has too few
    details to tell, as a wall or a dark room.

    Args:
        luma: (height, width) uint8.

    """
    picture = shrink(luma, _WIDTH)[0].astype(np.float32)
    levels = [picture]
    for _ in range(_BANDS[-1][1] + 1):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.float32))
    noise = _noise_variance(picture)
    for (fine, coarse), left in zip(_BANDS, _NOISE_LEFT, strict=True):
        structure = _energy(levels, coarse)
        structured = structure > _LEAST_STRUCTURE
        if structured.mean() >= _LEAST_SHARE:
            details = np.maximum(_energy(levels, fine) - left * noise, 0)
            return float(np.percentile(details[structured] / structure[structured], _SHARPEST))
    return None


def is_out_of_focus(luma: Luma) -> bool:
    """Whether a (height, width) uint8 frame is certainly too blurred for the faces that are searched."""
    found = sharpness(luma)
    return found is not None and found < _BLURRED


def _energy(levels: list[Band], band: int) -> Band:
    """Return the mean square of a band of details in each part."""
    height, width = levels[band].shape
    details = levels[band] - cv2.pyrUp(levels[band + 1], dstsize=(width, height))
    return np.asarray(cv2.resize(details * details, _PARTS, interpolation=cv2.INTER_AREA), np.float32)


def _noise_variance(picture: Band) -> float:
    """Return the variance of white noise: the median is not moved by edges."""
    differences = np.abs(cv2.filter2D(picture, -1, _LAPLACIANS)[::_SAMPLED, ::_SAMPLED])
    weights = math.sqrt(float((_LAPLACIANS**2).sum()))
    return (deviation(differences) / weights) ** 2
