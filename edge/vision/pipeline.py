"""From a frame to people and their emotions; with a stopwatch, so that a benchmark measures what really runs."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.contract.records import EMOTIONS, Light, Mode
from edge.counting.interval import Person
from edge.vision.classifier import Answers, EmotionClassifier
from edge.vision.crops import face_crops
from edge.vision.detectors import make_detector
from edge.vision.detectors.base import Detections
from edge.vision.geometry import Boxes, one_box_a_face, outside
from edge.vision.life import LifeSigns
from edge.vision.light import cells, light
from edge.vision.motion import MotionGate
from edge.vision.presence import NullClassifier, strict
from edge.vision.schedule import Look, Schedule
from edge.vision.score_fusion import fused_probability
from edge.vision.tracker import Sighting, Tracker

_UNFOUND = 0.5
"""Confidence in a face that a search has not found: half a window of the cascade, or less than YuNet returns."""
_MOST_PROPOSALS = 200
"""The surest of them are judged, so that no picture, however full of what resembles faces, breaks the frame budget."""


@dataclass(frozen=True)
class Face:
    """A face on a single picture.

    Attributes:
        box: x, y, width, height in source pixels.
        score: probability that it is a face.
        probabilities: (7,) float64 in the order of `edge.contract.records.EMOTIONS`; (0,) in presence mode.

    """

    box: tuple[int, int, int, int]
    score: float
    probabilities: NDArray[np.float64]

    @property
    def emotion(self) -> str:
        """The most probable emotion; empty in presence mode."""
        return EMOTIONS[int(np.argmax(self.probabilities))] if len(self.probabilities) else ""

    @property
    def label(self) -> str:
        """What to write beside it."""
        return f"{self.emotion} {max(self.probabilities):.2f}" if len(self.probabilities) else "face"


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
    """Detector, tracker and classifier of one camera; used by one thread.

    Attributes:
        light: of the latest frame; None before the first.

    """

    def __init__(self, settings: Vision, mode: Mode = "emotions") -> None:
        if mode == "presence":
            settings = strict(settings)
        self._settings = settings
        self._detector = make_detector(settings)
        self._tracker = Tracker(settings)
        self._motion = MotionGate()
        self._life = LifeSigns()
        self._shown: dict[int, tuple[float, ...]] = {}
        self._searches = 0
        self._shape = (0, 0)
        self._judges = mode == "emotions"
        self.schedule = Schedule(settings.scan_seconds, settings.still_seconds)
        self.classifier = EmotionClassifier(settings) if mode == "emotions" else NullClassifier(self._detector)
        self.stopwatch = Stopwatch()
        self.light: Light | None = None

    def analyse(self, luma: Luma, now: float) -> list[Person]:
        """Return the people in view of a (height, width) uint8 frame that follows the one before.

        Where `light` then is "too_dark", the list is empty because nobody can be seen, not because nobody is there:
        such a frame must not be counted. After it nobody is remembered, and neither after a frame of another size.

        Args:
            luma: the frame.
            now: when it was taken, seconds of a clock that never steps.

        """
        self.stopwatch.start()
        height, width = luma.shape
        if (height, width) != self._shape:
            self._resize(height, width)
        picture = cells(luma)
        self.light = light(picture)
        moved = self._motion.moved(picture)
        self.stopwatch.lap("motion")
        if self.light == "too_dark":
            self.reset()
            return []
        match self.schedule.look(now, moved=moved, unsettled=self._tracker.unsettled):
            case Look.SCAN:
                people = self._scan(luma, now)
            case Look.RECHECK if self._judges:
                people = self._recheck(luma, now)
            case _:
                held = self._tracker.hold(now, moved=moved)
                people = self._people(held, np.empty((0, len(EMOTIONS))), now, looked=not moved)
        self.stopwatch.lap("track")
        return people

    def _resize(self, height: int, width: int) -> None:
        """Begin with frames of another size: what is known by its place in pixels is wrong there."""
        self.reset()
        if all(self._shape):
            self._life.resize(width / self._shape[1], height / self._shape[0])
        self._shape = height, width

    def _scan(self, luma: Luma, now: float) -> list[Person]:
        begun = time.perf_counter()
        detections = self._propose(luma)
        self._motion.mark()
        self.schedule.scanned(now, time.perf_counter() - begun)
        self.stopwatch.lap("detect")
        faces, answers = self._judge(luma, detections)
        boxes, probabilities = self._with_lost(luma, faces.boxes, answers.probabilities)
        credible = np.zeros(len(boxes), bool)
        credible[: len(faces.boxes)] = faces.confidence >= self._detector.confirm
        self.stopwatch.lap("classify")
        return self._found(luma, self._tracker.update(boxes, credible, now), probabilities, now)

    def _with_lost(
        self, luma: Luma, boxes: Boxes, probabilities: NDArray[np.float64]
    ) -> tuple[Boxes, NDArray[np.float64]]:
        """Add those whom the search has missed and whose face is plainly where it was before."""
        if not self._judges:
            return boxes, probabilities
        places = self._tracker.lost(boxes)
        answers = self.classifier.classify(face_crops(luma, places))
        face = fused_probability(answers.face, self._detector.evidence(np.full(len(places), _UNFOUND)))
        still = face >= self._settings.min_face_score
        return np.vstack([boxes, places[still]]), np.vstack([probabilities, answers.probabilities[still]])

    def _recheck(self, luma: Luma, now: float) -> list[Person]:
        answers = self.classifier.classify(face_crops(luma, self._tracker.boxes()))
        self.stopwatch.lap("classify")
        still = answers.face >= self._settings.min_face_score
        if not still.all():
            return self._scan(luma, now)  # have they moved, or left?
        self.schedule.rechecked(now)
        return self._found(luma, self._tracker.recheck(still, now), answers.probabilities, now)

    def _found(
        self, luma: Luma, sightings: list[Sighting], probabilities: NDArray[np.float64], now: float
    ) -> list[Person]:
        self._life.look(luma, sightings, now)
        return self._people(sightings, probabilities, now, looked=True)

    def _people(
        self, sightings: list[Sighting], probabilities: NDArray[np.float64], now: float, *, looked: bool
    ) -> list[Person]:
        """Put together who was seen and what they showed; where nothing changed, that is what they showed before."""
        shown = {s.track: tuple(map(float, probabilities[s.detection])) for s in sightings if s.detection is not None}
        self._shown = {s.track: shown[s.track] if s.track in shown else self._shown[s.track] for s in sightings}
        return [
            Person(
                s.track,
                self._shown[s.track] if s.seen else None,
                s.frames,
                looked=looked,
                alive=self._life.is_alive(s.track, now),
            )
            for s in sightings
            if not self._life.is_furniture(s.track, now)
        ]

    @property
    def can_tell(self) -> bool:
        """Whether the frames since the start, or the last gap, tell who is there: a face that was seen once may not."""
        return self.light != "too_dark" and self._tracker.can_tell

    def examine(self, luma: Luma) -> list[Face]:
        """Return the faces of a single picture, without tracks."""
        self._searches = 0
        faces, answers = self._judge(luma, self._propose(luma))
        return [
            Face((int(x), int(y), int(w), int(h)), float(score), row)
            for (x, y, w, h), score, row in zip(faces.boxes, answers.face, answers.probabilities, strict=True)
        ]

    def _propose(self, luma: Luma) -> Detections:
        every = self._settings.side_faces_every
        # In every `every`-th search, and where someone was missed by the one before: have they turned their head?
        sides = bool(every) and (self._searches % every == 0 or self._tracker.unsettled)
        self._searches += 1
        found = self._detector.detect(luma)
        return found.joined(self._detector.detect_sides(luma)) if sides else found

    def _judge(self, luma: Luma, proposed: Detections) -> tuple[Detections, Answers]:
        """Keep of what the detector proposes what it and the model together believe a face, outside ignored zones."""
        height, width = luma.shape
        proposed = proposed.where(outside(proposed.boxes, self._settings.ignore, width, height)).surest(_MOST_PROPOSALS)
        answers = self.classifier.classify(face_crops(luma, proposed.boxes))
        face = fused_probability(answers.face, self._detector.evidence(proposed.confidence))
        kept = face >= self._settings.min_face_score
        kept[kept] = one_box_a_face(proposed.boxes[kept], face[kept])
        return proposed.where(kept), Answers(answers.probabilities[kept], face[kept])

    def reset(self) -> None:
        """Forget all tracks, as after a gap in the frames."""
        self._tracker.reset()
        self._life.reset()
        self._shown = {}
        self.schedule.reset()
