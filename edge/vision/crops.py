"""Faces as the emotion model sees them: each with its own levels, and without the noise of a dim picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.geometry import Boxes
from edge.vision.light import cells, contrast
from edge.vision.photometry import stretch
from edge.vision.resizing import smaller

SIDE = 48
"""Edge length of a face picture, pixels."""

_NOISY_CONTRAST = 64.0
"""Grey levels: stretching less shows the sensor's noise, which a blur over 3 x 3 pixels takes away."""


def face_crops(luma: Luma, boxes: Boxes, known_contrast: float | None = None) -> NDArray[np.uint8]:
    """Cut the (N, 4) boxes out of a (height, width) uint8 frame: (N, 48, 48) uint8 faces, stretched to 0-255.

    Shade and veil are not an expression.

    Args:
        luma: the frame.
        boxes: the faces.
        known_contrast: that of the frame, where it was measured before; see `edge.vision.light`.

    """
    if len(boxes) and (contrast(cells(luma)) if known_contrast is None else known_contrast) < _NOISY_CONTRAST:
        luma = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), np.uint8)
    return stretch(crop_faces(luma, boxes))


def crop_faces(luma: Luma, boxes: Boxes) -> NDArray[np.uint8]:
    """Return faces cut out of a frame, (N, 48, 48) uint8: the same ones on every processor."""
    faces = np.empty((len(boxes), SIDE, SIDE), np.uint8)
    for face, (x, y, w, h) in zip(faces, boxes, strict=True):
        part = luma[y : y + h, x : x + w]
        if min(w, h) >= SIDE:
            face[:] = smaller(part, SIDE, SIDE)
        else:  # not INTER_LINEAR, which OpenCV rounds differently on arm64 and on x86-64
            face[:] = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR_EXACT)
    return faces
