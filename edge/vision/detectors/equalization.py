"""Contrast for the search: a cascade passes over windows whose grey levels deviate by less than ten, however dark.

Source: Zuiderveld, "Contrast Limited Adaptive Histogram Equalization" (Graphics Gems IV, 1994), as OpenCV's `CLAHE`.
For the search alone: crops for the emotion model are stretched evenly (`edge.vision.photometry`), because a local
equalisation changes what a face shows.
"""

import cv2
import numpy as np

from edge.camera.sources.base import Luma

_DARKEST, _BRIGHTEST = 1, 99
"""Percentiles that become black and white: single lamps and dead pixels do not decide."""
_LEAST_RANGE = 8.0
"""Grey levels: less is stretched no further, because it is noise."""
_NOISY_GAIN = 4.0
"""Stretching by more shows the sensor's noise, which a blur over 3 x 3 pixels takes away."""
_CLIP_LIMIT = 2.0
_TILES = 8
"""Across and down. Chosen on half of `faces-dev`, plain, dim and backlit: 4 finds no more and costs a quarter more."""


class Equalizer:
    """Equalises a frame, or parts of it with the levels of the whole."""

    def __init__(self, frame: Luma) -> None:
        """Take the levels of a (height, width) uint8 frame, whole or every few rows and columns of it."""
        darkest, brightest = np.percentile(frame, (_DARKEST, _BRIGHTEST))
        gain = 255 / max(brightest - darkest, _LEAST_RANGE)
        self._is_noisy = gain >= _NOISY_GAIN
        self._levels = np.clip(np.rint((np.arange(256) - darkest) * gain), 0, 255).astype(np.uint8)

    def apply(self, part: Luma, share: tuple[float, float] = (1.0, 1.0)) -> Luma:
        """Return a (height, width) uint8 picture with its levels stretched to 0-255, then equalised tile by tile.

        Args:
            part: a part of the frame.
            share: how much of the frame's width and height it covers: tiles are as large in a part as in the whole.

        """
        picture = cv2.GaussianBlur(part, (3, 3), 0) if self._is_noisy else part
        tiles = (max(1, round(_TILES * share[0])), max(1, round(_TILES * share[1])))
        return np.asarray(cv2.createCLAHE(_CLIP_LIMIT, tiles).apply(cv2.LUT(picture, self._levels)), np.uint8)
