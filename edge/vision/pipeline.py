"""From a frame to people and their emotions; with a stopwatch, so that a benchmark measures what really runs."""

import math
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
from edge.vision.detectors.base import NOTHING, Detections, shrink
from edge.vision.geometry import Boxes, one_box_a_face, outside, same_face
from edge.vision.life import LifeSigns
from edge.vision.light import cells, levels, light
from edge.vision.motion import Mask, MotionGate
from edge.vision.orientation import SEARCHED_WIDTH
from edge.vision.presence import NullClassifier, strict
from edge.vision.recheck import Rechecked, recheck
from edge.vision.regions import Region, held
from edge.vision.schedule import Schedule
from edge.vision.score_fusion import fused_probability
from edge.vision.search_plan import SearchPlan
from edge.vision.tracker import Looked, Places, Sighting, Tracker

_UNFOUND = 0.5
"""Confidence in a face that a search has not found: half a window of the cascade, or less than YuNet returns."""
_SURE = 0.9
"""Probability of a face from which the next search around it may wait."""
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
        self._contrast: float | None = None
        self._emotions = len(EMOTIONS) if mode == "emotions" else 0
        self._plan = SearchPlan(settings)
        self.schedule = Schedule(settings.scan_seconds)
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
        darkest, brightest = levels(picture)
        self.light = light(darkest, brightest)
        self._contrast = brightest - darkest
        changed = self._motion.changed(picture, self._contrast)
        self.stopwatch.lap("motion")
        if self.light == "too_dark":
            self.reset()
            self._life.forget_left(now)
            return []
        people = self._look(luma, changed, now)
        self.stopwatch.lap("track")
        return people

    def _resize(self, height: int, width: int) -> None:
        """Begin with frames of another size: what is known by its place in pixels is wrong there."""
        self.reset()
        if all(self._shape):
            self._life.resize(width / self._shape[1], height / self._shape[0])
        self._shape = height, width

    def _look(self, luma: Luma, changed: Mask, now: float) -> list[Person]:
        """Search what is due, look again at known faces elsewhere, and put both together."""
        places = self._tracker.places()
        size = (luma.shape[1], luma.shape[0])
        regions = self._plan.regions(size, changed, places, now, self.schedule.between_scans)
        moved = self._plan.changed_at(places.boxes, changed)
        known = self._recheck(luma, places, moved & ~held(places.boxes, regions), now)
        gone = places.boxes[known.gone]
        regions += self._plan.around(gone, lost=np.ones(len(gone), bool))  # have they moved, or left?
        faces, answers = self._search(luma, regions, now, missing=bool(places.unsettled.any()))
        searched = held(places.boxes, regions)
        # A search for other sizes finds a worse box of a face that it cannot find as it is.
        own = ~same_face(faces.boxes, places.boxes[places.confirmed & ~places.unsettled & ~searched]).any(1)
        faces, answers = faces.where(own), answers.where(own)
        known = known.joined(self._recheck_lost(luma, places, searched & ~known.looked, faces.boxes))
        elsewhere = known.still & ~same_face(places.boxes, faces.boxes).any(1)
        found = len(faces.boxes)
        boxes = np.vstack([faces.boxes, places.boxes[elsewhere]])
        by_search = np.arange(len(boxes)) < found
        credible = np.hstack([faces.confidence >= self._detector.confirm, np.zeros(len(boxes) - found, bool)])
        before = self._plan.frames_before(boxes)
        if regions:
            self._motion.mark(self._plan.searched(regions, faces.boxes, now))
        sure = np.hstack([answers.face, known.face[elsewhere]]) >= (_SURE if self._emotions else math.inf)
        looked = Looked(boxes, credible, sure, by_search, before, searched, known.still, moved)
        sightings = self._tracker.update(looked, now)
        self._life.look(luma, sightings, now)
        probabilities = np.vstack([answers.probabilities, known.probabilities[elsewhere]])
        return self._people(sightings, probabilities, now, looked=not self._is_anyone_held(changed, now))

    def _is_anyone_held(self, changed: Mask, now: float) -> bool:
        """Return whether someone is only assumed to be where the last look saw them, which is too long ago.

        That is measured by the time between searches as it is: a hot or slow device looks at people more rarely.
        """
        places = self._tracker.places()
        between = self.schedule.between_scans
        recent = now - places.looked_at <= (between / 2 if self._emotions else between)
        seen = places.confirmed & ~places.unsettled
        return bool((seen & ~recent & self._plan.changed_at(places.boxes, changed)).any())

    def _search(self, luma: Luma, regions: list[Region], now: float, *, missing: bool) -> tuple[Detections, Answers]:
        if not regions:
            return NOTHING, Answers(np.empty((0, self._emotions)), np.empty(0))
        begun = time.perf_counter()
        detections = self._propose(luma, regions, missing=missing)
        if regions[0] != Region(0, 0, luma.shape[1], luma.shape[0]):  # that one comes once, at the start
            self.schedule.searched(now, time.perf_counter() - begun)
        self.stopwatch.lap("detect")
        judged = self._judge(luma, detections)
        self.stopwatch.lap("classify")
        return judged

    def _recheck(self, luma: Luma, places: Places, moved: NDArray[np.bool_], now: float) -> Rechecked:
        """Look again at the places where something moved and nobody has looked for a while."""
        due = moved & ~places.taken & (now - places.looked_at >= self.schedule.between_scans / 2)
        return self._look_at(luma, places, due, 0.0)

    def _recheck_lost(self, luma: Luma, places: Places, searched: NDArray[np.bool_], faces: Boxes) -> Rechecked:
        """Look where a search has missed someone, whose face may be plainly where it was before."""
        due = searched & self._tracker.lost(faces) if searched.any() else searched
        return self._look_at(luma, places, due, float(self._detector.evidence(np.array([_UNFOUND]))[0]))

    def _look_at(self, luma: Luma, places: Places, due: NDArray[np.bool_], evidence: float) -> Rechecked:
        if not isinstance(self.classifier, EmotionClassifier) or not due.any():
            return Rechecked.none(len(due), self._emotions)
        least = self._settings.min_face_score
        rechecked = recheck(self.classifier, face_crops(luma, places.boxes[due], self._contrast), due, least, evidence)
        self.stopwatch.lap("classify")
        return rechecked

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
        self._contrast = None
        faces, answers = self._judge(luma, self._propose(luma))
        return [
            Face((int(x), int(y), int(w), int(h)), float(score), row)
            for (x, y, w, h), score, row in zip(faces.boxes, answers.face, answers.probabilities, strict=True)
        ]

    def count_turned(self, luma: Luma, quarters: int) -> int:
        """Return how many convincing faces a (height, width) uint8 frame shows that is turned against the clock."""
        turned = np.ascontiguousarray(np.rot90(shrink(luma, SEARCHED_WIDTH)[0], quarters))
        found = self._detector.detect(turned)
        found = found.where(found.confidence >= self._detector.confirm).surest(_MOST_PROPOSALS)
        answers = self.classifier.classify(face_crops(turned, found.boxes))
        face = fused_probability(answers.face, self._detector.evidence(found.confidence))
        sure = face >= _SURE
        return int(one_box_a_face(found.boxes[sure], face[sure]).sum())

    def _propose(self, luma: Luma, regions: list[Region] | None = None, *, missing: bool = False) -> Detections:
        every = self._settings.side_faces_every
        # In every `every`-th search, and where someone was missed by the one before: have they turned their head?
        sides = bool(every) and (self._searches % every == 0 or missing)
        self._searches += 1
        found = self._detector.detect(luma, regions)
        return found.joined(self._detector.detect_sides(luma, regions)) if sides else found

    def _judge(self, luma: Luma, proposed: Detections) -> tuple[Detections, Answers]:
        """Keep of what the detector proposes what it and the model together believe a face, outside ignored zones."""
        height, width = luma.shape
        proposed = proposed.where(outside(proposed.boxes, self._settings.ignore, width, height)).surest(_MOST_PROPOSALS)
        answers = self.classifier.classify(face_crops(luma, proposed.boxes, self._contrast))
        face = fused_probability(answers.face, self._detector.evidence(proposed.confidence))
        kept = face >= self._settings.min_face_score
        kept[kept] = one_box_a_face(proposed.boxes[kept], face[kept])
        return proposed.where(kept), Answers(answers.probabilities, face).where(kept)

    def reset(self) -> None:
        """Forget all tracks, as after a gap in the frames."""
        self._tracker.reset()
        self._life.reset()
        self._plan.reset()
        self._shown = {}
        self.schedule.reset()
