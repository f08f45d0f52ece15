"""Faces by YuNet, a small network that the operator supplies: it is not ours to ship.

Source: Wu, Peng & Yu, "YuNet: A Tiny Millisecond-level Face Detector" (Machine Intelligence Research, 2023), as
OpenCV's `FaceDetectorYN`. It finds a sixth more of the typical faces than the cascade, for a seventh of the time.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.errors import UnusableDetector
from edge.vision.detectors.base import Detections, clip, shrink
from edge.vision.geometry import Boxes
from edge.vision.regions import Region, without_inner
from edge.vision.runtime import sha256
from edge.vision.score_fusion import log_odds

_KEPT = 0.5
_CONTEXT = 0.45
"""Share of a region's shorter side that is searched around it."""
_SURE = 0.7
_REMEDY = "download face_detection_yunet of OpenCV's model zoo again, or set vision.detector to haar"


class YuNetDetector:
    """One network; not to be shared between threads. Confidence is its score, 0 to 1."""

    confirm = _SURE

    def __init__(self, settings: Vision) -> None:
        file = Path(settings.yunet_model)
        if not file.is_file():
            raise UnusableDetector(file, "no such file", "correct vision.yunet_model, or set vision.detector to haar")
        digest = sha256(file)
        if digest != settings.yunet_sha256:
            problem = f"has sha256 {digest}, not the expected {settings.yunet_sha256}"
            raise UnusableDetector(file, problem, "set vision.yunet_sha256 if you trust this file, or get it again")
        try:
            self._network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), score_threshold=_KEPT)
        except cv2.error as error:
            raise UnusableDetector(file, f"OpenCV {cv2.__version__} cannot load it", _REMEDY) from error
        self.name = f"yunet (sha256 {digest[:12]})"
        self._settings = settings

    def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find faces of a (height, width) uint8 frame, or of regions of it, best first."""
        height, width = luma.shape
        scale = min(1.0, self._settings.yunet_width / max(height, width))
        whole = Region(0, 0, width, height)
        parts = [whole] if regions is None else without_inner([_widened(one, width, height) for one in regions])
        rows = np.vstack([np.empty((0, 15)), *(self._search(luma, part, scale) for part in parts)])
        rows = rows[np.argsort(-rows[:, 14], kind="stable")]
        boxes = np.rint(rows[:, :4]).astype(np.int32)
        kept = (boxes[:, :2] < [width, height]).all(1) & (boxes[:, :2] + boxes[:, 2:] > 0).all(1)
        return Detections(clip(_square(boxes[kept]), width, height), rows[kept, 14])

    def _search(self, luma: Luma, region: Region, scale: float) -> NDArray[np.float64]:
        """Return the network's (N, 15) rows, their boxes in pixels of the frame."""
        cut = region.cut(luma)
        searched, scale = shrink(cut, max(1, round(scale * max(cut.shape))))
        self._network.setInputSize(searched.shape[::-1])
        found = self._network.detect(cv2.cvtColor(searched, cv2.COLOR_GRAY2BGR))[1]
        rows: NDArray[np.float64] = np.empty((0, 15)) if found is None else np.asarray(found, np.float64)
        rows = rows[np.isfinite(rows).all(1)]
        rows[:, :4] = rows[:, :4] / scale + (region.left, region.top, 0, 0)
        return rows

    @staticmethod
    def detect_sides(luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find nothing: it sees faces from the side as it sees others."""
        del luma, regions
        return Detections(np.empty((0, 4), np.int32), np.empty(0))

    @staticmethod
    def evidence(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Let a score of `_SURE` add nothing."""
        return log_odds(confidence) - log_odds(np.array(_SURE))


def _widened(region: Region, width: int, height: int) -> Region:
    """Return a region with what the network needs around a face: in 1.6 widths of it, it finds 66 of 72, in 3 all."""
    reach = round(_CONTEXT * min(region.width, region.height))
    left, top = max(0, region.left - reach), max(0, region.top - reach)
    right, bottom = min(width, region.left + region.width + reach), min(height, region.top + region.height + reach)
    return Region(left, top, right - left, bottom - top)


def _square(boxes: Boxes) -> Boxes:
    """Return squares like a cascade's around the same centres: the emotion model learned from such crops."""
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    sides = np.sqrt(boxes[:, 2:].prod(1, dtype=np.float64))[:, None]
    square: Boxes = np.rint(np.hstack([centres - sides / 2, np.repeat(sides, 2, 1)])).astype(np.int32)
    return square
