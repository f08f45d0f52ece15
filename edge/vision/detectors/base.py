"""What a face detector is, and what all of them need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.geometry import Boxes, overlap
from edge.vision.regions import Region
from edge.vision.resizing import smaller

_ELSEWHERE = 0.3


@dataclass(frozen=True)
class Detections:
    """Faces found in one frame.

    Attributes:
        boxes: (N, 4) int32, pixels of the frame, surest first.
        confidence: (N,) float64, in the detector's own unit; larger is surer.

    """

    boxes: Boxes
    confidence: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> "Detections":
        """Return those that (N,) `kept` marks."""
        return Detections(self.boxes[kept], self.confidence[kept])

    def surest(self, most: int) -> "Detections":
        """Return the first `most`."""
        return Detections(self.boxes[:most], self.confidence[:most])

    def joined(self, others: "Detections") -> "Detections":
        """Return these and those of `others` that are elsewhere, surest first."""
        if not len(others.boxes):
            return self
        if len(self.boxes):
            others = others.where(overlap(others.boxes, self.boxes).max(1) < _ELSEWHERE)
        confidence = np.hstack([self.confidence, others.confidence])
        order = np.argsort(-confidence, kind="stable")
        return Detections(np.vstack([self.boxes, others.boxes])[order], confidence[order])


NOTHING = Detections(np.empty((0, 4), np.int32), np.empty(0))


class Detector(Protocol):
    """Finds faces; used by one thread.

    Attributes:
        name: what it is and the start of its file's digest, as records name it where no model follows.
        confirm: confidence that makes a person credible; one such sighting is needed.

    """

    name: str
    confirm: float

    def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find faces of a (height, width) uint8 frame, or of regions of it, best first."""

    def detect_sides(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find faces from the side that `detect` misses."""

    def evidence(self, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much an (N,) confidence changes the log-odds that the model gives to being a face."""


def shrink(luma: Luma, longest: int) -> tuple[Luma, float]:
    """Return the frame with its long side at most `longest` pixels, and by which factor it became smaller."""
    height, width = luma.shape
    scale = min(1.0, longest / max(height, width))
    if scale == 1:
        return luma, 1.0
    return smaller(luma, max(1, round(width * scale)), max(1, round(height * scale))), scale


def clip(boxes: Boxes, width: int, height: int) -> Boxes:
    """Cut boxes to the frame, so that rounding never points outside it."""
    corner = np.clip(boxes[:, :2], 0, [width - 1, height - 1])
    size = np.minimum(boxes[:, :2] + boxes[:, 2:], [width, height]) - corner
    return np.hstack([corner, np.maximum(size, 1)]).astype(np.int32)
