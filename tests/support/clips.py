"""Clips of the data collection as frames."""

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from tests.conftest import DATA


def read_clip(clip: str) -> tuple[list[Luma], float]:
    """Return all frames of a clip, (height, width) uint8, and how many a second has."""
    capture = cv2.VideoCapture(str(DATA / "video" / clip))
    frames = []
    while capture.grab():
        frames.append(np.asarray(cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2GRAY), np.uint8))
    return frames, capture.get(cv2.CAP_PROP_FPS)
