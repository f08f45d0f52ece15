"""Which parts of a frame are searched: what changed, where people are, and all of it in turn."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.motion import Mask
from edge.vision.regions import Region, held
from edge.vision.search_plan import SearchPlan
from edge.vision.tracker import Places

SIZE = (1280, 720)
CELLS = (90, 160)
BETWEEN = 2.5
FACE = np.array([[600, 300, 60, 60]], np.int32)
NOBODY = np.empty((0, 4), np.int32)


def still() -> Mask:
    return np.zeros(CELLS, bool)


def moving(box: NDArray[np.int32]) -> Mask:
    """Return the cells of a (4,) box as changed."""
    x, y, w, h = box // 8
    changed = still()
    changed[y : y + h, x : x + w] = True
    return changed


def places(*, confirmed: bool = True, unsettled: bool = False, searched_at: float = 0.0, sure: bool = False) -> Places:
    """Return that someone is at `FACE`."""
    yes, no = np.array([True]), np.array([False])
    at = np.array([searched_at])
    return Places(
        FACE, yes if confirmed else no, yes if unsettled else no, no, yes if sure else no, no, at, np.array([0.0])
    )


def nobody() -> Places:
    none = np.zeros(0, bool)
    return Places(NOBODY, none, none, none, none, none, np.zeros(0), np.zeros(0))


class Room:
    """A plan that has searched the whole picture once, at 0 seconds."""

    def __init__(self, **settings: object) -> None:
        self.plan = SearchPlan(Vision.model_validate(settings))
        self.first = self.search(0.0, still())

    def search(
        self, now: float, changed: Mask, known: Places | None = None, found: NDArray[np.int32] = NOBODY
    ) -> list[Region]:
        """Return what is searched in a frame, in which `found` is found."""
        regions = self.plan.regions(SIZE, changed, known or nobody(), now, BETWEEN)
        if regions:
            self.plan.searched(regions, found, now)
        return regions


def test_the_first_frame_is_searched_as_a_whole_and_so_is_the_one_after_a_gap() -> None:
    room = Room()
    assert room.first == [Region(0, 0, *SIZE)]
    room.plan.reset()
    assert room.search(0.5, still()) == [Region(0, 0, *SIZE)]


def test_where_nothing_changes_each_place_is_searched_once_a_minute_for_every_size_a_slice_at_a_time() -> None:
    room = Room(still_seconds=15)
    searched = [(now, region) for now in np.arange(0.5, 61, 0.5) for region in room.search(float(now), still())]
    for side in (40, 60, 150, 600):
        for x, y in ((0, 0), (300, 100), (1280 - side, 720 - side)):
            assert held(np.array([[x, y, side, side]], np.int32), [region for _now, region in searched])[0]
    assert len({now for now, _region in searched}) == len(searched)
    assert max(region.width * region.height for _now, region in searched if not region.least) < 0.5 * 1280 * 720


def test_someone_who_comes_is_searched_for_at_once_and_then_as_often_as_configured() -> None:
    room = Room(still_seconds=600)
    times = [
        now
        for now in np.arange(1, 10, 0.5)
        if held(FACE, room.search(float(now), moving(FACE[0]) if now >= 4 else still()))[0]
    ]
    assert times == [4, 6.5, 9]


def test_a_mouth_that_moves_lets_the_whole_face_be_searched() -> None:
    """Of someone who came and was not found at once, only a few cells change afterwards."""
    room = Room(still_seconds=600)
    assert room.search(4, moving(FACE[0]))
    mouth = FACE[0] + np.array([16, 40, -32, -44])
    assert not room.search(5, moving(mouth))
    assert held(FACE, room.search(6.5, moving(mouth)))[0]


def test_where_something_moves_for_ever_and_nobody_is_found_searches_become_rarer() -> None:
    room = Room(still_seconds=600)
    fan = moving(np.array([200, 100, 160, 160]))
    times = [now for now in np.arange(0.5, 60, 0.5) if room.search(float(now), fan)]
    gaps = np.diff(times)
    assert gaps[0] == BETWEEN
    assert gaps[-1] == 4 * BETWEEN


def test_what_moves_in_an_ignored_zone_is_not_searched() -> None:
    """The screen beside the board changes all day."""
    room = Room(still_seconds=600, ignore=((0.0, 0.0, 0.5, 1.0),))
    screen = moving(np.array([160, 160, 320, 320]))
    assert not any(room.search(float(now), screen) for now in np.arange(0.5, 20, 0.5))
    half_inside = np.array([[620, 300, 60, 60]], np.int32)
    assert held(half_inside, room.search(20, screen | moving(half_inside[0])))[0]


def test_where_someone_was_lost_searches_do_not_become_rarer() -> None:
    """They look at their desk, and will look up again."""
    room = Room(still_seconds=600)
    room.search(1, moving(FACE[0]), places())
    times = [now for now in np.arange(3, 60, 0.5) if room.search(float(now), moving(FACE[0]))]
    assert set(np.diff(times)) == {BETWEEN}


@pytest.mark.parametrize(("sure", "wait"), [(False, BETWEEN), (True, 2 * BETWEEN)])
def test_around_a_known_face_that_moves_the_picture_is_searched_later_where_the_model_is_sure(
    wait: float, *, sure: bool
) -> None:
    room = Room()
    at = next(now for now in np.arange(0.5, 10, 0.5) if room.search(float(now), moving(FACE[0]), places(sure=sure)))
    assert at == wait


def twelve(now: float) -> Places:
    """Return that twelve people of one size are in view."""
    at = [(150 + 300 * column, 100 + 200 * row) for column in range(4) for row in range(3)]
    known = np.array([(x, y, 90, 90) for x, y in at], np.int32)
    no, yes = np.zeros(12, bool), np.ones(12, bool)
    return Places(known, yes, no, no, yes, no, np.full(12, now), np.full(12, now))


@pytest.mark.parametrize(("minutes", "possible"), [(1, False), (4, True)])
def test_a_room_that_was_empty_for_minutes_has_faces_of_any_size(minutes: int, *, possible: bool) -> None:
    """Neither sizes nor places of those who were there are known any more."""
    room = Room(still_seconds=600)
    for now in np.arange(0.5, 12, 0.5):
        room.search(float(now), still(), twelve(float(now)))
    for now in np.arange(12, 12 + 60 * minutes, 0.5):
        room.search(float(now), still())
    someone = np.array([600, 300, 44, 44], np.int32)
    assert held(someone[None], room.search(12 + 60 * minutes, moving(someone)))[0] == possible
    assert np.isneginf(room.plan._peopled_at).all() == possible


def test_after_the_camera_was_moved_faces_of_other_sizes_are_possible_again() -> None:
    """Twelve people of one size are known; then the view is another one, and someone comes who is half as large."""
    sizes = []
    for share in (0.0, 1.0):
        room = Room(still_seconds=600)
        for now in np.arange(0.5, 12, 0.5):
            room.search(float(now), still(), twelve(float(now)))
        room.search(12.5, np.full(CELLS, bool(share)), known=None)
        for number in range(5):  # what changed is searched, a part in each frame
            room.search(13 + number / 2, np.full(CELLS, bool(share)))
        someone = np.array([600, 300, 44, 44], np.int32)
        sizes.append(bool(held(someone[None], room.search(20, moving(someone)))[0]))
    assert sizes == [False, True]


def test_a_new_face_is_searched_again_soon_even_if_nothing_changes() -> None:
    room = Room()
    known = places(confirmed=False, unsettled=True)
    assert [bool(room.search(now, still(), known)) for now in (0.5, 1.0, 1.5)] == [False, False, True]


def test_where_no_face_is_possible_nobody_else_waits_for_it() -> None:
    """Hands on the desks of the first row, where a face would be larger than any: they move all the time."""
    room = Room(still_seconds=600)
    at = [(100 + 150 * column, 60 + 130 * row, 42 * 2**row) for column in range(8) for row in range(3)]
    known = np.array([(x, y, side, side) for x, y, side in at], np.int32)
    no, yes = np.zeros(len(known), bool), np.ones(len(known), bool)
    changed = still()
    changed[-6:, :] = True
    changed[:, ::2] = True
    someone, found = np.array([[1150, 120, 44, 44]], np.int32), []
    for now in np.arange(0.5, 20, 0.5):
        people = Places(known, yes, no, no, yes, no, np.full(len(known), now), np.full(len(known), now))
        found.append(bool(held(someone, room.search(float(now), changed, people))[0]))
    assert sum(found) >= 3


def test_frames_that_come_as_rarely_as_searches_are_searched_at_once() -> None:
    """At a tenth of a frame a second nothing is gained by spreading a search over frames."""
    room = Room()
    everything = np.ones(CELLS, bool)
    for now in (10.0, 20.0):
        searched = room.search(now, everything)
        assert all(held(np.array([[x, 300, 60, 60]], np.int32), searched)[0] for x in range(0, 1280 - 60, 40))


def test_who_comes_close_to_a_known_face_is_found_when_the_slice_has_its_turn() -> None:
    """What moves there is mostly hair and shoulders, so the place is not searched at once."""
    room = Room(still_seconds=10)
    newcomer = np.array([[664, 300, 60, 60]], np.int32)
    times = []
    for now in np.arange(0.5, 12, 0.5):
        known = places(searched_at=float(now), sure=True)
        if held(newcomer, room.search(float(now), moving(newcomer[0]) if now == 1 else still(), known))[0]:
            times.append(now)
    assert len(times) == 1


@pytest.mark.parametrize("lost", [True, False])
def test_who_was_missed_is_searched_further_away(*, lost: bool) -> None:
    room = Room()
    moved = FACE + np.array([33, 0, 0, 0], np.int32)
    assert held(moved, room.plan.around(FACE, lost=np.array([lost])))[0] == lost


def test_a_newcomer_beside_someone_restless_was_not_there_before() -> None:
    """The frames that a shoulder moves are none of those in which the newcomer was in view."""
    room = Room(still_seconds=600)
    shoulder = moving(np.array([672, 340, 24, 24]))
    for now in np.arange(3, 20, 0.5):
        room.search(float(now), shoulder, places())
    newcomer = np.array([[676, 300, 60, 60]], np.int32)
    room.search(20, shoulder | moving(newcomer[0]), places())
    assert room.plan.frames_before(newcomer).tolist() == [0]


def test_a_place_that_was_still_for_long_is_searched_as_often_as_any() -> None:
    room = Room(still_seconds=600)
    fan = np.array([200, 100, 160, 160])
    for now in np.arange(0.5, 40, 0.5):
        room.search(float(now), moving(fan))
    for now in np.arange(40, 140, 0.5):
        room.search(float(now), still())
    times = [now for now in np.arange(140, 148, 0.5) if room.search(float(now), moving(fan))]
    assert times == [140, 142.5, 145]


def test_when_everything_changes_the_search_is_spread_over_frames() -> None:
    room = Room()
    everything = np.ones(CELLS, bool)
    searched: list[Region] = []
    for number in range(5):
        regions = room.search(3 + number / 2, everything)
        near = [region for region in regions if region.width < SIZE[0]]
        assert sum(region.width * region.height for region in near) <= 0.6 * 1280 * 720
        searched += regions
    for x in range(0, 1280 - 60, 40):
        assert held(np.array([[x, 300, 60, 60]], np.int32), searched)[0], x


@pytest.mark.parametrize("shape", [(1, 1), (4000, 10), (64, 48), (3840, 2160)])
def test_frames_of_any_size_are_searched(shape: tuple[int, int]) -> None:
    plan = SearchPlan(Vision())
    cells = (max(1, round(shape[1] * min(160, shape[0]) / shape[0])), min(160, shape[0]))
    for number in range(200):
        for region in plan.regions(shape, np.ones(cells, bool), nobody(), number / 2, BETWEEN):
            assert 0 <= region.left < region.left + region.width <= shape[0]
            assert 0 <= region.top < region.top + region.height <= shape[1]
            plan.searched([region], NOBODY, number / 2)
