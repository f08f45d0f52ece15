"""Grey levels that do not depend on the light: the network was trained on well and badly lit faces, made alike."""

import numpy as np
from numpy.typing import NDArray

_DARKEST, _BRIGHTEST = 0.01, 0.99
"""Shares of a crop's pixels outside the stretched range; min-max would follow single hot pixels."""
_LEAST_RANGE = 16
"""Grey levels: a crop with less contrast is stretched no further, or the sensor's noise would look like a face."""


def stretch(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (N, H, W) uint8 crops with the levels between the 1st and the 99th percentile stretched to 0-255."""
    if not len(faces):
        return faces
    pixels = faces.reshape(len(faces), -1)
    count = pixels.shape[1]
    low_rank, high_rank = int(_DARKEST * (count - 1)), int(np.ceil(_BRIGHTEST * (count - 1)))
    ordered = np.partition(pixels, (low_rank, high_rank), axis=1).astype(np.float32)
    low, high = ordered[:, low_rank, None, None], ordered[:, high_rank, None, None]
    gain = 255 / np.maximum(high - low, _LEAST_RANGE)
    stretched: NDArray[np.uint8] = np.clip(np.rint((faces - low) * gain), 0, 255).astype(np.uint8)
    return stretched
