"""From frames to people."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.vision.classifier import Answers
from edge.vision.detectors.base import Detections
from edge.vision.detectors.haar import HaarDetector
from edge.vision.pipeline import Pipeline
from edge.vision.regions import Region
from tests.conftest import data
from tests.support.light import dimmed
from tests.support.pictures import empty_frame, scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")


def test_people_are_counted_classified_and_then_remembered() -> None:
    pipeline = Pipeline(Vision(scan_seconds=2))
    assert pipeline.analyse(scene_frame(12.0), 0) == []
    people = pipeline.analyse(scene_frame(12.1), 1)
    assert len(people) == 5
    assert all(person.probabilities is not None for person in people)
    held = pipeline.analyse(np.full((720, 1280), 128, np.uint8), 3)
    assert {person.track for person in held} == {person.track for person in people}
    assert all(person.probabilities is None for person in held)
    assert set(pipeline.stopwatch.milliseconds) == {"motion", "detect", "classify", "track"}


def test_between_scans_known_faces_are_looked_at_again() -> None:
    pipeline = Pipeline(Vision(scan_seconds=5))
    for now in (0, 5):
        people = pipeline.analyse(scene_frame(12.0 + now / 50), now)
    again = pipeline.analyse(scene_frame(12.3), 8)
    assert [p.track for p in again] == [p.track for p in people]
    assert [p.probabilities for p in again] != [p.probabilities for p in people]
    assert all(p.probabilities is not None for p in again)


@pytest.mark.parametrize("slower", [1, 4])
def test_a_hot_device_has_looked_at_everyone_and_knows_who_left_within_half_of_its_time(slower: float) -> None:
    """Or it would publish nothing: it looks more rarely. In between someone who left may still count as found."""
    pipeline = Pipeline(Vision(scan_seconds=2))
    pipeline.schedule.slow_down(slower)
    times = np.arange(0, 16 * slower, slower / 2)
    seen = [pipeline.analyse(scene_frame(12.0 + now / 50), now) for now in times]
    assert [len(people) for people in seen[4:]] == [5] * len(seen[4:])
    assert all(person.looked for people in seen[4:] for person in people)
    later = [pipeline.analyse(empty_frame(), times[-1] + after * slower) for after in (0.5, 1.0)]
    assert not any(person.looked and person.probabilities for person in later[-1])


def test_a_person_who_has_left_is_not_counted_at_the_second_look() -> None:
    pipeline = Pipeline(Vision(scan_seconds=5))
    for now in (0, 5):
        people = pipeline.analyse(scene_frame(12.0), now)
    gone = pipeline.analyse(np.full((720, 1280), 128, np.uint8), 8)
    assert len(gone) == len(people) == 5
    assert sum(person.frames for person in gone) == 0


@pytest.mark.parametrize("gone", [np.full((720, 1280), 128, np.uint8), empty_frame()], ids=["wall", "room"])
def test_someone_who_leaves_a_room_that_then_is_still_is_gone_within_three_seconds(gone: Luma) -> None:
    pipeline = Pipeline(Vision())
    for now in (0, 1.5, 3):
        people = pipeline.analyse(scene_frame(12.0), now)
    assert len(people) == 5
    counted = [pipeline.analyse(gone, 3.5 + number / 2) for number in range(8)]
    assert all(person.frames <= 0 for frame in counted[3:] for person in frame)
    assert [len(frame) for frame in counted[6:]] == [0, 0]


def test_in_a_dim_room_the_same_people_are_found() -> None:
    dim = dimmed(scene_frame(), 0.15, 1, np.random.default_rng(0))
    pipeline = Pipeline(Vision())
    assert len(pipeline.examine(dim)) == 5
    pipeline.analyse(dim, 0)
    assert pipeline.light == "dim"


def test_a_room_too_dark_to_tell_is_said_to_be_so_and_nobody_is_remembered() -> None:
    pipeline = Pipeline(Vision())
    for now in (0, 1.5):
        pipeline.analyse(scene_frame(), now)
    light = [pipeline.light]
    for now, frame in ((2, dimmed(scene_frame(), 0.02, 1, np.random.default_rng(0))), (2.5, scene_frame())):
        assert pipeline.analyse(frame, now) == []
        light.append(pipeline.light)
    assert light == ["good", "too_dark", "good"]


def test_a_face_that_the_detector_finds_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline(Vision())
    x, y, w, h = pipeline.examine(scene_frame())[0].box
    boxes = np.array([(x, y, w, h), (x - 4, y - 4, w + 8, h + 8), (x + w // 8, y, w, h)], np.int32)
    monkeypatch.setattr(pipeline._detector, "detect", lambda _luma, _regions=None: Detections(boxes, np.full(3, 9.0)))
    assert len(pipeline.examine(scene_frame())) == 1
    assert [len(pipeline.analyse(scene_frame(), now)) for now in (0, 1.5)] == [0, 1]


def test_what_the_model_alone_half_believes_is_no_person_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand before a chest: proposed twice, never again, and the model goes on to see .9 of a face there."""

    class Fading:
        confirm = 3.0
        found = Detections(np.array([[210, 168, 187, 187]], np.int32), np.array([3.0]))

        def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
            del luma, regions
            return self.found

        evidence = staticmethod(HaarDetector.evidence)

    def half_believed(faces: NDArray[np.uint8]) -> Answers:
        return Answers(np.full((len(faces), 7), 1 / 7), np.full(len(faces), 0.9))

    pipeline, detector = Pipeline(Vision()), Fading()
    monkeypatch.setattr(pipeline, "_detector", detector)
    monkeypatch.setattr(pipeline.classifier, "classify", half_believed)
    assert [len(pipeline.analyse(scene_frame(now), now)) for now in (0, 1.5)] == [0, 1]
    detector.found = detector.found.where(np.array([False]))
    seen = [len(pipeline.analyse(scene_frame(2 + number / 2), 2 + number / 2)) for number in range(12)]
    assert seen[8:] == [0] * 4


def test_one_student_is_never_two() -> None:
    """The clip of one person who moves their hands; a second person was counted in it for three records."""
    capture = cv2.VideoCapture(str(data("video/student.mkv")))
    frames = []
    while capture.grab():
        frames.append(np.asarray(cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2GRAY), np.uint8))
    frames += frames[::-1]
    pipeline = Pipeline(Vision())
    seen = [len(pipeline.analyse(frames[number * 15 % len(frames)], number / 2)) for number in range(60)]
    assert set(seen[4:]) == {1}


def test_nothing_is_computed_where_nothing_changes() -> None:
    pipeline = Pipeline(Vision(scan_seconds=2))
    for now in (0, 1):
        people = pipeline.analyse(scene_frame(12.0), now)
    noise = np.random.default_rng(0).normal(0, 3, (720, 1280))
    still = np.clip(scene_frame(12.0) + noise, 0, 255).astype(np.uint8)
    held = pipeline.analyse(still, 3)
    assert set(pipeline.stopwatch.milliseconds) == {"motion", "track"}
    assert [(p.track, p.probabilities) for p in held] == [(p.track, p.probabilities) for p in people]
    assert [p.frames for p in held] == [1] * 5


def test_sixty_people_are_found() -> None:
    scene = scene_frame()
    x, y, w, h = Pipeline(Vision()).examine(scene)[0].box
    head = scene[y - h // 3 : y + h + h // 3, x - w // 3 : x + w + w // 3]
    crowd = np.tile(np.asarray(cv2.resize(head, (128, 120), interpolation=cv2.INTER_AREA), np.uint8), (6, 10))
    pipeline = Pipeline(Vision())
    people = [len(pipeline.analyse(crowd, now)) for now in (0, 10, 10.5)]
    assert 55 <= people[-1] <= 60


def test_a_picture_full_of_what_resembles_faces_is_judged_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dazzled:
        confirm = 1.0

        def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
            del luma, regions
            corners = np.random.default_rng(0).integers(0, 600, (5000, 2))
            return Detections(np.hstack([corners, np.full((5000, 2), 50)]).astype(np.int32), np.full(5000, 9.0))

        def evidence(self, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.zeros(len(confidence))

    pipeline = Pipeline(Vision())
    monkeypatch.setattr(pipeline, "_detector", Dazzled())
    judged: list[int] = []
    classify = pipeline.classifier.classify

    def counting(faces: Luma) -> Answers:
        judged.append(len(faces))
        return classify(faces)

    monkeypatch.setattr(pipeline.classifier, "classify", counting)
    for now in range(3):
        pipeline.analyse(scene_frame(), now * 10)
    assert max(judged) <= 200


def test_someone_who_looks_away_stays_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search after one that missed them looks for side faces too."""

    class Turning:
        confirm = 3.0
        turned = False

        def detect(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
            del luma, regions
            return faint.where(np.array([False])) if self.turned else sure

        def detect_sides(self, luma: Luma, regions: Sequence[Region] | None = None) -> Detections:
            del luma, regions
            return faint if self.turned else faint.where(np.array([False]))

        def evidence(self, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(confidence > 0.5, 0.0, -9.0)  # the judge sees no face where no search has found one

    face = Pipeline(Vision()).examine(scene_frame())[0].box
    box = np.array([face], np.int32)
    sure, faint = Detections(box, np.array([9.0])), Detections(box, np.array([0.6]))
    for every, people in ((0, 0), (50, 1)):
        pipeline, turning = Pipeline(Vision(side_faces_every=every, still_seconds=10)), Turning()
        monkeypatch.setattr(pipeline, "_detector", turning)
        for now in range(0, 50, 10):
            pipeline.analyse(scene_frame(), now)
        turning.turned = True
        seen = [len(pipeline.analyse(scene_frame(), now)) for now in range(50, 200, 10)]
        assert seen[-1] == people


@pytest.mark.parametrize("shape", [(1, 1), (10, 4000), (48, 64), (2160, 3840)])
@pytest.mark.parametrize("level", [0, 255])
def test_frames_of_any_size_hold_nobody_and_harm_nothing(shape: tuple[int, int], level: int) -> None:
    pipeline = Pipeline(Vision())
    assert pipeline.analyse(scene_frame(), 0) == []
    assert pipeline.analyse(np.full(shape, level, np.uint8), 10) == []
    assert [len(pipeline.analyse(scene_frame(), now)) for now in (20, 22)] == [0, 5]


def test_no_face_counts_in_an_ignored_zone() -> None:
    everyone = Pipeline(Vision()).examine(scene_frame())
    left = [face for face in everyone if face.box[0] + face.box[2] / 2 < 640]
    assert 0 < len(left) < 5
    faces = Pipeline(Vision(ignore=((0.0, 0.0, 0.5, 1.0),))).examine(scene_frame())
    assert [face.box for face in faces] == [face.box for face in everyone if face not in left]


def test_a_single_picture_is_examined_without_waiting_for_confirmation() -> None:
    faces = Pipeline(Vision()).examine(scene_frame())
    assert len(faces) == 5
    assert sorted(face.emotion for face in faces).count("happy") == 3
    assert all(0 < face.score < 1 for face in faces)
