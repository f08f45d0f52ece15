"""Faces by a Haar cascade.

Source: Viola & Jones (CVPR 2001), Lienhart & Maydt (ICIP 2002), as OpenCV's `frontalface_alt2`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.errors import UnusableCascade
from edge.model.cascade import FRONTAL, cascade_file
from edge.vision.detectors.base import Detections, clip, shrink
from edge.vision.detectors.equalization import Equalizer
from edge.vision.regions import Region
from edge.vision.runtime import sha256

_SAME_FACE = 0.2
"""OpenCV's own measure of which windows overlap enough to be grouped."""
_MOST_SINGLES = 1000
"""Windows up to which those are kept that stand alone: grouping takes time in proportion to their square."""
_PROFILE = "haarcascade_profileface.xml"
_PROFILE_WINDOWS = 11.0
"""Windows of the profile cascade that say as much as one of the frontal one."""
_NEUTRAL_WINDOWS = 5.75
"""Overlapping windows that add nothing to the model's word; see the model card for how it was chosen."""
_SAMPLED = 8
"""Every so many rows and columns tell the levels of a frame of which parts are searched."""
Found = tuple[NDArray[np.float64], NDArray[np.float64]]
"""(N, 4) boxes and the (N,) numbers of windows that agreed on each."""


@dataclass(frozen=True)
class _Part:
    """A region's pixels as they are searched, `scale` times as large as in the frame."""

    pixels: Luma
    scale: float
    region: Region

    @property
    def corner(self) -> NDArray[np.float64]:
        return np.array([self.region.left, self.region.top, 0, 0], np.float64)


class HaarDetector:
    """One cascade; not to be shared between threads (opencv/opencv#4287).

    Confidence is how many overlapping windows agreed on a face.
    """

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self.confirm: float = settings.confirm_neighbors
        self._cascade = load_cascade(settings.cascade)
        self._profile = load_cascade(name=_PROFILE) if settings.side_faces_every else None
        self.name = f"haar-cascade (sha256 {sha256(cascade_file(settings.cascade))[:12]})"

    def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find faces of a (height, width) uint8 frame, best first; weakest are `keep_neighbors` windows."""
        return _surest_first([self._frontal(part) for part in self._parts(luma, regions)], luma)

    def detect_sides(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
        """Find faces that look to either side; they count for little: they keep a person rather than make one."""
        return _surest_first([self._sides(part) for part in self._parts(luma, regions)], luma)

    def _parts(self, luma: Luma, regions: Sequence[Region] | None) -> Iterator[_Part]:
        longest = self._settings.scan_width
        height, width = luma.shape
        if regions is None:
            searched, scale = shrink(luma, longest)
            yield _Part(Equalizer(searched[::2, ::2]).apply(searched), scale, Region(0, 0, width, height))
            return
        equalizer = Equalizer(luma[::_SAMPLED, ::_SAMPLED])
        for region in regions:
            cut = region.cut(luma)
            searched, scale = shrink(cut, max(1, round(longest * max(cut.shape) / max(height, width, longest))))
            share = region.width / width, region.height / height
            yield _Part(equalizer.apply(searched, share), scale, region)

    def _frontal(self, part: _Part) -> Found:
        boxes, counts = self._search(self._cascade, part.pixels, part)
        return boxes / part.scale + part.corner, counts

    def _sides(self, part: _Part) -> Found:
        assert self._profile is not None, "vision.side_faces_every is 0"
        left, left_counts = self._search(self._profile, part.pixels, part)
        right, right_counts = self._search(self._profile, np.ascontiguousarray(part.pixels[:, ::-1]), part)
        right[:, 0] = part.pixels.shape[1] - right[:, 0] - right[:, 2]
        counts = np.hstack([left_counts, right_counts]) / _PROFILE_WINDOWS
        return np.vstack([left, right]) / part.scale + part.corner, counts

    def _search(self, cascade: cv2.CascadeClassifier, picture: Luma, part: _Part) -> Found:
        least = max(self._settings.min_face, round(part.region.least * part.scale))
        most = min(max(picture.shape), part.region.most * part.scale)
        windows = cascade.detectMultiScale(
            picture,
            scaleFactor=self._settings.scale_factor,
            minNeighbors=0,  # every window by itself
            minSize=(least, least),
            maxSize=(max(least, round(most)),) * 2,
        )
        return _group(np.asarray(windows, np.int32).reshape(-1, 4), self._settings.keep_neighbors)

    @staticmethod
    def evidence(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Let every window count as much as any other: the odds are in proportion to them."""
        odds: NDArray[np.float64] = np.log(confidence / _NEUTRAL_WINDOWS)
        return odds


def _surest_first(found: list[Found], luma: Luma) -> Detections:
    height, width = luma.shape
    boxes = np.vstack([np.empty((0, 4)), *(boxes for boxes, _counts in found)])
    counts = np.hstack([np.empty(0), *(counts for _boxes, counts in found)])
    order = np.argsort(-counts, kind="stable")
    return Detections(clip(np.rint(boxes[order]).astype(np.int32), width, height), counts[order])


def _group(windows: NDArray[np.int32], least: int) -> Found:
    """Return the mean of every group of at least `least` overlapping windows, (N, 4), and their (N,) numbers."""
    copies = 2 if least == 1 and len(windows) <= _MOST_SINGLES else 1
    # OpenCV drops groups of n <= threshold windows, and takes a threshold of 0 for "do not group": doubling each
    # window lets those stay that stand alone.
    threshold = 1 if copies > 1 else max(least, 2) - 1
    boxes, counts = cv2.groupRectangles(windows.tolist() * copies, threshold, _SAME_FACE)
    return np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(counts, np.float64).reshape(-1) / copies


def load_cascade(path: str = "", name: str = FRONTAL) -> cv2.CascadeClassifier:
    """Load `path`, or the cascade `name` that OpenCV's wheel or Debian's `opencv-data` ships.

    Raises:
        UnusableCascade: there is none, it is damaged, or this OpenCV has no cascades any more (5.x).

    """
    if not hasattr(cv2, "CascadeClassifier"):
        raise UnusableCascade(
            f"OpenCV {cv2.__version__}", "has no CascadeClassifier", "install opencv-python-headless<5"
        )
    file = cascade_file(path, name)
    if not file.is_file():
        raise UnusableCascade(
            file, "no such cascade file", "correct vision.cascade, or leave it empty for the shipped one"
        )
    try:
        cascade = cv2.CascadeClassifier(str(file))
        damaged = cascade.empty()
    except (cv2.error, SystemError):
        damaged = True
    if damaged:
        raise UnusableCascade(file, "is no cascade, or damaged", "install it again, or leave vision.cascade empty")
    return cascade
