"""Tracks: a flicker of the detector is neither a person nor the loss of one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.tracker import Looked, Sighting, Tracker

STRONG, WEAK = True, False


Found = tuple[NDArray[np.int32], NDArray[np.bool_]]


def found(*faces: tuple[int, int, bool]) -> Found:
    """Faces of (x, y, credible), 50 pixels wide."""
    boxes = np.array([(x, y, 50, 50) for x, y, _ in faces], np.int32).reshape(-1, 4)
    return boxes, np.array([credible for _, _, credible in faces], bool)


def scan(
    tracker: Tracker, boxes: NDArray[np.int32], credible: NDArray[np.bool_], now: float, before: float = 0.0
) -> list[Sighting]:
    """Let the whole picture be searched, where something moved in `before` frames since the latest search."""
    places = len(tracker.places().boxes)
    every, none = np.ones(places, bool), np.zeros(places, bool)
    faces = np.ones(len(boxes), bool)
    frames = np.full(len(boxes), before)
    return tracker.update(Looked(boxes, credible, faces, faces, frames, every, none, every), now)


def recheck(tracker: Tracker, now: float, *, still: bool) -> list[Sighting]:
    """Look at every known place again: either every face is there, or none."""
    boxes = tracker.places().boxes
    every, none = np.ones(len(boxes), bool), np.zeros(len(boxes), bool)
    found = boxes if still else boxes[:0]
    rows = np.zeros(len(found), bool)
    return tracker.update(Looked(found, rows, rows, rows, np.zeros(len(found)), none, every, every), now)


def hold(tracker: Tracker, now: float, *, moved: bool) -> list[Sighting]:
    """Look at nothing."""
    places = len(tracker.places().boxes)
    nothing, none = np.zeros((0, 4), np.int32), np.zeros(0, bool)
    nowhere = np.zeros(places, bool)
    looked = Looked(nothing, none, none, none, np.zeros(0), nowhere, nowhere, np.full(places, moved))
    return tracker.update(looked, now)


def people(*frames: Found, seconds: float = 1, **settings: float) -> list[int]:
    """Return how many people each of the frames shows, one every `seconds`."""
    tracker = Tracker(Vision.model_validate(settings))
    return [len(scan(tracker, *frame, now=number * seconds)) for number, frame in enumerate(frames)]


def settled(*faces: tuple[int, int, bool]) -> Tracker:
    """Return a tracker that has seen the faces in two scans, at 0 and 1 seconds."""
    tracker = Tracker(Vision(memory_seconds=2.5))
    for now in (0, 1):
        scan(tracker, *found(*faces), now=now)
    return tracker


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


@pytest.mark.parametrize(("seconds", "frames"), [(0.5, 5), (1, 2), (2, 1)])
def test_a_person_is_remembered_by_seconds_however_often_scans_come(seconds: float, frames: int) -> None:
    seen = people(*[found((100, 100, STRONG))] * 2, *[found()] * 8, seconds=seconds, memory_seconds=2.5)
    assert seen == [0, 1] + [1] * frames + [0] * (8 - frames)


def test_one_missed_scan_is_no_leaving_however_rare_scans_are() -> None:
    assert people(*[found((100, 100, STRONG))] * 2, found(), found((100, 100, WEAK)), seconds=20) == [0, 1, 1, 1]


@pytest.mark.parametrize("seconds", [1, 10, 60])
def test_a_face_missed_once_before_it_was_confirmed_is_confirmed_however_rare_frames_are(seconds: float) -> None:
    """The detector misses faces in every other frame: at ten seconds a frame, such a face was never a person."""
    every_other = [found((100, 100, STRONG)), found()] * 2
    assert people(*every_other, seconds=seconds)[2:] == [1, 1]
    assert people(found((100, 100, STRONG)), *[found()] * 3, found((100, 100, STRONG)), seconds=seconds)[-1] == 0


def test_a_face_that_every_second_search_misses_stays_unsettled_until_it_is_confirmed() -> None:
    tracker, unsettled = Tracker(Vision()), []
    for number, frame in enumerate([found((100, 100, STRONG)), found(), found((100, 100, STRONG))]):
        scan(tracker, *frame, now=1.25 * number)
        unsettled.append(bool(tracker.places().unsettled.any()))
    assert unsettled == [True, True, False]


def test_the_frames_before_a_person_was_believed_and_short_gaps_are_made_up_for() -> None:
    """Seen, seen, lost for two frames, seen: there for five frames."""
    tracker = Tracker(Vision(memory_seconds=3))
    frames = [found((100, 100, STRONG))] * 2 + [found()] * 2 + [found((100, 100, WEAK))]
    accounted = [[s.frames for s in scan(tracker, *frame, now=now)] for now, frame in enumerate(frames)]
    assert accounted == [[], [2], [0], [0], [3]]


@pytest.mark.parametrize("seconds", [6, 10, 30])
def test_an_absence_is_not_filled_in_as_presence(seconds: int) -> None:
    """Someone who comes back to their old seat is someone new."""
    tracker = settled((100, 100, STRONG))
    for now in range(2, 2 + seconds):
        scan(tracker, *found(), now=now)
    scan(tracker, *found((100, 100, STRONG)), now=2 + seconds)
    back = scan(tracker, *found((100, 100, STRONG)), now=3 + seconds)
    assert [s.frames for s in back] == [2]


def test_someone_who_left_is_not_counted_for_being_remembered() -> None:
    tracker = Tracker(Vision())
    frames = [found((100, 100, STRONG))] * 3 + [found()] * 6
    assert sum(s.frames for now, frame in enumerate(frames) for s in scan(tracker, *frame, now=now)) == 3


def test_someone_remembered_is_marked_as_not_seen() -> None:
    tracker = settled((100, 100, STRONG))
    seen = hold(tracker, 1.5, moved=False)
    held = scan(tracker, *found(), now=2)
    assert [s.seen for s in seen] == [True]
    assert [(s.seen, s.detection) for s in held] == [(False, None)]
    assert held[0].track == seen[0].track


def test_a_second_look_keeps_people_without_confirming_anyone() -> None:
    tracker = Tracker(Vision())
    scan(tracker, *found((100, 100, STRONG)), now=0)
    assert recheck(tracker, now=1, still=True) == []
    seen = scan(tracker, *found((100, 100, STRONG)), now=2)
    assert [s.frames for s in seen] == [3]
    assert [(s.detection, s.frames) for s in recheck(tracker, now=3, still=True)] == [(0, 1)]


def test_who_is_there_is_unsettled_until_there_were_enough_sightings_to_decide() -> None:
    for credible in (STRONG, WEAK):
        tracker = Tracker(Vision())
        unsettled = []
        for now in range(3):
            scan(tracker, *found((100, 100, credible)), now=now)
            unsettled.append(bool(tracker.places().unsettled.any()))
        assert unsettled == [True, False, False]


def test_who_is_there_is_unsettled_while_someone_is_missed() -> None:
    tracker = settled((100, 100, STRONG))
    unsettled = []
    for now in (2, 3, 4):
        scan(tracker, *found(), now=now)
        unsettled.append(bool(tracker.places().unsettled.any()))
    assert unsettled == [True, True, False]


def test_in_a_still_room_someone_missed_twice_is_forgotten_without_another_scan() -> None:
    tracker = settled((100, 100, STRONG))
    for now in (2, 3):
        scan(tracker, *found(), now=now)
    assert len(hold(tracker, 3.4, moved=False)) == 1
    assert hold(tracker, 3.6, moved=False) == []


def test_someone_who_left_between_two_looks_was_there_for_half_of_the_time_between() -> None:
    tracker = settled((100, 100, STRONG))
    assert [hold(tracker, now, moved=True)[0].frames for now in (1.25, 1.5, 1.75, 2)] == [1] * 4
    assert [(s.seen, s.frames) for s in recheck(tracker, now=2.25, still=False)] == [(False, -2)]
    assert [s.frames for s in scan(tracker, *found((100, 100, STRONG)), now=2.5)] == [4]  # it was a flicker


def test_someone_who_came_between_two_scans_was_there_for_half_of_the_time_between() -> None:
    tracker = settled((300, 300, STRONG))
    for now in (1.25, 1.5, 1.75, 2):
        hold(tracker, now, moved=True)
    both = found((300, 300, STRONG), (100, 100, STRONG))
    scan(tracker, *both, now=2.25, before=4)
    assert [s.frames for s in scan(tracker, *both, now=2.5)] == [1, 4]


def test_nobody_came_while_nothing_moved() -> None:
    tracker = settled((300, 300, STRONG))
    for now in range(2, 12):
        hold(tracker, now, moved=False)
    both = found((300, 300, STRONG), (100, 100, STRONG))
    scan(tracker, *both, now=12)
    assert [s.frames for s in scan(tracker, *both, now=13)] == [1, 2]


def test_where_nothing_changes_those_who_were_seen_are_there() -> None:
    tracker = settled((100, 100, STRONG))
    assert [[s.frames for s in hold(tracker, now, moved=False)] for now in range(2, 40)] == [[1]] * 38


def test_someone_whom_the_search_misses_is_looked_for_where_they_were() -> None:
    tracker = settled((100, 100, STRONG), (300, 100, STRONG))
    assert tracker.lost(found((300, 100, WEAK))[0]).tolist() == [True, False]


def test_someone_missed_is_not_looked_for_where_someone_else_is_now() -> None:
    """Otherwise the other's face would count twice for as long as they stay."""
    tracker = settled((100, 100, STRONG), (150, 100, STRONG))
    assert not tracker.lost(found((126, 100, STRONG))[0]).any()
    scan(tracker, *found((126, 100, STRONG)), now=2)
    places = tracker.places()
    assert places.boxes[~places.taken].tolist() == [[126, 100, 50, 50]]


def test_neighbours_who_move_stay_two() -> None:
    frames = [found((100 + 8 * i, 100, STRONG), (170 + 8 * i, 100, STRONG)) for i in range(10)]
    assert people(*frames) == [0] + [2] * 9


def test_the_nearer_detection_continues_a_track() -> None:
    tracker = settled((100, 100, STRONG))
    first = hold(tracker, 1.5, moved=False)
    both = scan(tracker, *found((125, 100, STRONG), (102, 100, STRONG)), now=2)
    assert [s.track for s in both] == [first[0].track]
    assert both[0].box[0] == 102


def test_after_a_gap_everyone_is_new() -> None:
    tracker = settled((100, 100, STRONG))
    tracker.reset()
    assert scan(tracker, *found((100, 100, STRONG)), now=2) == []
