"""Tracks: a flicker of the detector is neither a person nor the loss of one."""

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.tracker import Tracker

STRONG, WEAK = True, False


Found = tuple[NDArray[np.int32], NDArray[np.bool_]]


def found(*faces: tuple[int, int, bool]) -> Found:
    """Faces of (x, y, credible), 50 pixels wide."""
    boxes = np.array([(x, y, 50, 50) for x, y, _ in faces], np.int32).reshape(-1, 4)
    return boxes, np.array([credible for _, _, credible in faces], bool)


def people(*frames: Found, **settings: int) -> list[int]:
    """Return how many people each of the frames shows."""
    tracker = Tracker(Vision.model_validate(settings))
    return [len(tracker.update(*frame)) for frame in frames]


def test_a_person_counts_from_the_second_sighting() -> None:
    assert people(*[found((100, 100, STRONG))] * 3) == [0, 1, 1]


def test_a_single_flicker_is_nobody() -> None:
    assert people(found((100, 100, STRONG)), *[found()] * 5) == [0] * 6


def test_weak_sightings_never_make_a_person_however_many() -> None:
    """A poster that half resembles a face stays a poster."""
    assert people(*[found((100, 100, WEAK))] * 20) == [0] * 20


def test_weak_sightings_keep_a_known_person() -> None:
    frames = [found((100, 100, STRONG))] * 2 + [found((100, 100, WEAK))] * 10
    assert people(*frames) == [0] + [1] * 11


def test_a_person_is_remembered_for_a_few_frames_and_then_gone() -> None:
    frames = [found((100, 100, STRONG))] * 2 + [found()] * 5
    assert people(*frames, memory_scans=3) == [0, 1, 1, 1, 1, 0, 0]


def test_the_frames_before_a_person_was_believed_and_gaps_are_made_up_for() -> None:
    """Seen, seen, lost for two frames, seen: there for five frames."""
    tracker = Tracker(Vision())
    frames = [found((100, 100, STRONG))] * 2 + [found()] * 2 + [found((100, 100, WEAK))]
    accounted = [[s.frames for s in tracker.update(*frame)] for frame in frames]
    assert accounted == [[], [2], [0], [0], [3]]


def test_someone_who_left_is_not_counted_for_being_remembered() -> None:
    tracker = Tracker(Vision())
    frames = [found((100, 100, STRONG))] * 3 + [found()] * 6
    assert sum(s.frames for frame in frames for s in tracker.update(*frame)) == 3


def test_someone_remembered_is_marked_as_not_seen() -> None:
    tracker = Tracker(Vision())
    for frame in [found((100, 100, STRONG))] * 2:
        seen = tracker.update(*frame)
    held = tracker.update(*found())
    assert [s.detection for s in seen] == [0]
    assert [s.detection for s in held] == [None]
    assert held[0].track == seen[0].track


def test_a_second_look_keeps_people_without_confirming_anyone() -> None:
    tracker = Tracker(Vision())
    tracker.update(*found((100, 100, STRONG)))
    assert tracker.recheck(np.array([True])) == []
    seen = tracker.update(*found((100, 100, STRONG)))
    assert [s.frames for s in seen] == [3]
    assert [(s.detection, s.frames) for s in tracker.recheck(np.array([True]))] == [(0, 1)]


def test_someone_is_pending_until_there_were_enough_sightings_to_decide() -> None:
    for credible in (STRONG, WEAK):
        tracker = Tracker(Vision())
        pending = []
        for _ in range(3):
            tracker.update(*found((100, 100, credible)))
            pending.append(tracker.pending)
        assert pending == [True, False, False]


def test_a_face_that_a_second_look_misses_is_made_up_for_when_it_is_found_again() -> None:
    tracker = Tracker(Vision())
    frames = [found((100, 100, STRONG))] * 2
    for frame in frames:
        tracker.update(*frame)
    assert [(s.detection, s.frames) for s in tracker.recheck(np.array([False]))] == [(None, 0)]
    assert [s.frames for s in tracker.hold()] == [0]
    assert [s.frames for s in tracker.update(*frames[0])] == [3]


def test_where_nothing_changes_whoever_was_seen_is_there() -> None:
    tracker = Tracker(Vision())
    for frame in [found((100, 100, STRONG))] * 2:
        tracker.update(*frame)
    assert [[s.frames for s in tracker.hold()] for _ in range(3)] == [[1], [1], [1]]


def test_neighbours_who_move_stay_two() -> None:
    frames = [found((100 + 8 * i, 100, STRONG), (170 + 8 * i, 100, STRONG)) for i in range(10)]
    assert people(*frames) == [0] + [2] * 9


def test_the_nearer_detection_continues_a_track() -> None:
    tracker = Tracker(Vision())
    for _ in range(2):
        first = tracker.update(*found((100, 100, STRONG)))
    both = tracker.update(*found((125, 100, STRONG), (102, 100, STRONG)))
    assert [s.track for s in both] == [first[0].track]
    assert both[0].box[0] == 102


def test_after_a_gap_everyone_is_new() -> None:
    tracker = Tracker(Vision())
    for _ in range(2):
        tracker.update(*found((100, 100, STRONG)))
    tracker.reset()
    assert tracker.update(*found((100, 100, STRONG))) == []
