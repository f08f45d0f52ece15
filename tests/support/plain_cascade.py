"""OpenCV's default cascade as its examples use it: what the cost of a search is compared with."""

import time
from pathlib import Path

import cv2

from edge.camera.sources.base import Luma

_LONG_SIDE, _STEP, _NEIGHBORS = 640, 1.1, 5


class PlainCascade:
    """Searches at 640 pixels, step 1.1; `seconds`: the CPU seconds of all its searches."""

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(
            str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
        )
        self.seconds = 0.0

    def time(self, luma: Luma) -> None:
        """Search a (height, width) uint8 picture."""
        begun = time.process_time()
        scale = min(1.0, _LONG_SIDE / max(luma.shape))
        searched = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._cascade.detectMultiScale(searched, _STEP, _NEIGHBORS)
        self.seconds += time.process_time() - begun
