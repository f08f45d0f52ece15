"""From a frame to people and their emotions; with a stopwatch, so that a benchmark measures what really runs."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.camera.source import Luma
from edge.config import Vision
from edge.counting.interval import Person
from edge.records import EMOTIONS
from edge.vision.classifier import EmotionClassifier, crop_faces
from edge.vision.detector import Detections, HaarDetector, face_score
from edge.vision.tracker import Tracker


@dataclass(frozen=True)
class Face:
    """A face on a single picture.

    Attributes:
        box: x, y, width, height in source pixels.
        score: probability that it is a face.
        probabilities: (7,) float32 in the order of `edge.records.EMOTIONS`.

    """

    box: tuple[int, int, int, int]
    score: float
    probabilities: NDArray[np.float32]

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return EMOTIONS[int(np.argmax(self.probabilities))]


@dataclass
class Stopwatch:
    """Wall milliseconds of every stage of the latest frame."""

    milliseconds: dict[str, float] = field(default_factory=dict)
    _since: float = 0.0

    def start(self) -> None:
        """Forget the frame before."""
        self.milliseconds = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.milliseconds[stage] = (now - self._since) * 1000
        self._since = now


class Pipeline:
    """Detector, tracker and classifier of one camera; used by one thread."""

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._detector = HaarDetector(settings)
        self._tracker = Tracker(settings)
        self.classifier = EmotionClassifier(settings)
        self.stopwatch = Stopwatch()

    def analyse(self, luma: Luma) -> list[Person]:
        """Return the people in view of a (height, width) uint8 frame that follows the one before."""
        self.stopwatch.start()
        detections = self._detector.detect(luma)
        self.stopwatch.lap("detect")
        sightings = self._tracker.update(detections)
        self.stopwatch.lap("track")
        seen = [sighting for sighting in sightings if sighting.seen]
        boxes = np.array([sighting.box for sighting in seen], np.int32).reshape(-1, 4)
        probabilities = self.classifier.classify(crop_faces(luma, boxes))
        self.stopwatch.lap("classify")
        classified = {sighting.track: tuple(map(float, row)) for sighting, row in zip(seen, probabilities, strict=True)}
        return [Person(s.track, classified.get(s.track), s.frames) for s in sightings]

    def examine(self, luma: Luma) -> list[Face]:
        """Return the faces of a single picture, without tracks."""
        found: Detections = self._detector.detect(luma).at_least(self._settings.accept_neighbors)
        probabilities = self.classifier.classify(crop_faces(luma, found.boxes))
        scores = face_score(found.neighbors)
        return [
            Face((int(x), int(y), int(w), int(h)), float(score), row)
            for (x, y, w, h), score, row in zip(found.boxes, scores, probabilities, strict=True)
        ]

    def reset(self) -> None:
        """Forget all tracks, as after a gap in the frames."""
        self._tracker.reset()
