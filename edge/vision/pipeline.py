"""From a frame to people and their emotions; with a stopwatch, so that a benchmark measures what really runs."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.camera.source import Luma
from edge.config import Vision
from edge.counting.interval import Person
from edge.records import EMOTIONS
from edge.vision.classifier import Answers, EmotionClassifier, crop_faces
from edge.vision.detector import Detections, HaarDetector
from edge.vision.tracker import Tracker


@dataclass(frozen=True)
class Face:
    """A face on a single picture.

    Attributes:
        box: x, y, width, height in source pixels.
        score: probability that it is a face.
        probabilities: (7,) float64 in the order of `edge.records.EMOTIONS`.

    """

    box: tuple[int, int, int, int]
    score: float
    probabilities: NDArray[np.float64]

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
        faces, answers = self._judge(luma, detections)
        self.stopwatch.lap("classify")
        sightings = self._tracker.update(faces)
        self.stopwatch.lap("track")
        rows = [tuple(map(float, row)) for row in answers.probabilities]
        return [Person(s.track, None if s.detection is None else rows[s.detection], s.frames) for s in sightings]

    def examine(self, luma: Luma) -> list[Face]:
        """Return the faces of a single picture, without tracks."""
        found = self._detector.detect(luma).at_least(self._settings.accept_neighbors)
        faces, answers = self._judge(luma, found)
        return [
            Face((int(x), int(y), int(w), int(h)), float(score), row)
            for (x, y, w, h), score, row in zip(faces.boxes, answers.face, answers.probabilities, strict=True)
        ]

    def _judge(self, luma: Luma, proposed: Detections) -> tuple[Detections, Answers]:
        """Keep of what the cascade proposes what the model believes to be a face."""
        answers = self.classifier.classify(crop_faces(luma, proposed.boxes))
        kept = answers.face >= self._settings.min_face_score
        return proposed.where(kept), Answers(answers.probabilities[kept], answers.face[kept])

    def reset(self) -> None:
        """Forget all tracks, as after a gap in the frames."""
        self._tracker.reset()
