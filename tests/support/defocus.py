"""Pictures as a lens gives them that is out of focus."""

import math

import cv2
import numpy as np

from edge.camera.sources.base import Luma


def defocused(luma: Luma, diameter: float, noise: float, generator: np.random.Generator) -> Luma:
    """Return a (height, width) uint8 frame in which each point is a disc, and a sensor's noise.

    Args:
        luma: the sharp frame.
        diameter: of the disc (the circle of confusion), as a share of the picture's width.
        noise: grey levels, standard deviation.
        generator: of the noise.

    """
    radius = diameter * luma.shape[1] / 2
    reach = math.ceil(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    blurred = np.asarray(cv2.filter2D(luma.astype(np.float32), -1, disc / disc.sum()), np.float32)
    levels = blurred + noise * generator.standard_normal(luma.shape, np.float32)
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)
