"""Faces as the emotion model sees them: each with its own levels, and without the noise of a dim picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.classifier import crop_faces
from edge.vision.geometry import Boxes
from edge.vision.light import cells, contrast
from edge.vision.photometry import stretch

_NOISY_CONTRAST = 64.0
"""Grey levels: stretching less shows the sensor's noise, which a blur over 3 x 3 pixels takes away."""


def face_crops(luma: Luma, boxes: Boxes) -> NDArray[np.uint8]:
    """Cut the (N, 4) boxes out of a (height, width) uint8 frame: (N, 48, 48) uint8 faces, stretched to 0-255.

    Shade and veil are not an expression.
    """
    if len(boxes) and contrast(cells(luma)) < _NOISY_CONTRAST:
        luma = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), np.uint8)
    return stretch(crop_faces(luma, boxes))
