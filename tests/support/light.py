"""Pictures as a darker or a backlit room would give them, for measurements and tests."""

import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma

VEIL = 100
"""Grey levels that a backlit lens adds to all of the picture."""
_BACKLIT_CONTRAST = 0.25


def dimmed(luma: Luma, gain: float, noise: float, generator: np.random.Generator) -> Luma:
    """Return a (height, width) uint8 frame at `gain` of its light, with a sensor's noise of `noise` grey levels."""
    return _recorded(luma * np.float32(gain), noise, generator)


def backlit(luma: Luma, noise: float, generator: np.random.Generator) -> Luma:
    """Return a (height, width) uint8 frame with a quarter of its contrast under a veil of stray light."""
    return _recorded(luma * np.float32(_BACKLIT_CONTRAST) + VEIL, noise, generator)


def _recorded(light: NDArray[np.float32], noise: float, generator: np.random.Generator) -> Luma:
    """Return light as a sensor records it: with noise, in whole levels of 0-255."""
    if noise:
        light = light + noise * generator.standard_normal(light.shape, np.float32)
    levels: Luma = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    return levels
