"""What `tests.measure_search` says of a pipeline: a fault here would mislead everybody who compares two of them."""

import json
from math import inf

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.camera.sources.base import Luma
from tests.conftest import data
from tests.measure_search import main
from tests.support.followed import PACE, Followed
from tests.support.moving_scenes import CLIPS, Frame
from tests.support.pasted_people import Head, Place
from tests.support.seated_people import Sitter, seated

_HEAD = Head(np.full((80, 60), 20, np.uint8), (30.0, 40.0))
_WALL: Luma = np.full((720, 1280), 200, np.uint8)


def _followed(truth: list[int], people: list[int]) -> Followed:
    followed = Followed()
    for number, (there, counted) in enumerate(zip(truth, people, strict=True)):
        frame = Frame(number / PACE, _WALL, there)
        followed.add(frame, {"people": counted, "cpu_ms": 1.0, "peak_megabytes": 80.0, "dark": False})
    return followed


def _painted(luma: Luma) -> int:
    """Return how many separate things are in front of the wall."""
    return cv2.connectedComponents((luma < 150).astype(np.uint8))[0] - 1


@pytest.mark.parametrize(("now", "people"), [(0.0, 2), (4.9, 2), (5.0, 3), (19.9, 3), (20.0, 2), (50.0, 2)])
def test_as_many_people_as_are_painted(now: float, people: int) -> None:
    sitters = [
        Sitter(_HEAD, Place(200.5, 300.2, 40.0)),
        Sitter(_HEAD, Place(500, 300, 60.0), until=20.0),
        Sitter(_HEAD, Place(900, 200, 34.0), since=5.0),
    ]
    luma, truth = seated(lambda: _WALL, lambda: sitters)(now)
    assert (truth, _painted(luma)) == (people, people)


def test_a_head_is_where_and_as_large_as_its_place_says() -> None:
    place = Place(640.0, 360.0, 50.0)
    luma, _ = seated(lambda: _WALL, lambda: [Sitter(_HEAD, place, restless=0.0)])(3.0)
    rows, columns = np.nonzero(luma < 190)
    scale = place.size / _HEAD.size
    assert (columns.mean(), rows.mean()) == pytest.approx((place.x, place.y), abs=1.0)
    assert (np.ptp(columns), np.ptp(rows)) == pytest.approx((60 * scale, 80 * scale), rel=0.1)


def test_who_turns_away_is_not_in_view_and_their_face_is_hidden() -> None:
    face = _HEAD.patch.copy()
    face[35:45, 25:35] = 255
    scene = seated(
        lambda: _WALL, lambda: [Sitter(Head(face, _HEAD.face), Place(640, 360, 50.0), turned=((10.0, 13.0),))]
    )
    (looking, seen), (away, unseen), (_, again) = scene(9.0), scene(11.5), scene(14.0)
    assert (seen, unseen, again) == (1, 0, 1)
    assert looking[355:365, 635:645].max() > 150 > away[355:365, 635:645].max()


@pytest.mark.parametrize("name", ["empty", "daylight", "fan", "rain", "projector"])
def test_a_scene_shows_the_same_frame_at_the_same_time_and_another_one_later(name: str) -> None:
    data("faces-dev")
    once, again = CLIPS[name].scene(), CLIPS[name].scene()
    first = once(7.5)[0]
    assert np.array_equal(first, again(7.5)[0])
    assert not np.array_equal(first, once(8.0)[0])


def test_seconds_until_someone_who_enters_is_counted() -> None:
    followed = _followed([2] * 4 + [3] * 6 + [4] * 4, [2] * 7 + [3] * 7)
    assert followed.changes(up=True) == [3 / PACE, inf]


def test_seconds_until_someone_who_leaves_is_no_longer_counted() -> None:
    assert _followed([3] * 4 + [2] * 6, [3] * 9 + [2]).changes(up=False) == [5 / PACE]


def test_one_who_is_never_found_hides_neither_who_comes_nor_who_leaves() -> None:
    truth = [4] * 6 + [5] * 6 + [4] * 6
    followed = _followed(truth, [3] * 8 + [4] * 8 + [3] * 2)
    assert (followed.changes(up=True), followed.changes(up=False)) == ([2 / PACE], [4 / PACE])


def test_who_leaves_before_being_counted_was_never_counted() -> None:
    assert _followed([0, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 1]).changes(up=True) == [inf, 1 / PACE]


def test_seconds_until_those_from_the_start_are_counted() -> None:
    assert _followed([3] * 8, [0, 1, 0, 2, 2, 1, 2, 2]).from_start() == [1 / PACE, 3 / PACE, inf]


def test_a_count_is_right_again_only_when_it_stays_right() -> None:
    truth, at = [8] * 30, 10
    followed = _followed(truth, [8] * at + [3, 8, 3, 3] + [7] * 16)
    assert followed.right_again(at / PACE) == 4 / PACE
    assert _followed(truth, [8] * at + [3] * 20).right_again(at / PACE) == inf


def test_frames_that_are_too_dark_are_in_neither_side_of_the_error() -> None:
    followed = Followed()
    for dark, truth, more in ((False, 4, {}), (True, 9, {"mean": 5.0}), (True, 9, {"mean": None})):
        answer = {"people": 0, "cpu_ms": 1.0, "peak_megabytes": 80.0, "dark": dark, **more}
        followed.add(Frame(0.0, _WALL, truth), answer)
    assert (followed.means, followed.error) == ([(5.0, 4)], 1.0)


def test_the_real_pipeline_is_measured_frame_by_frame() -> None:
    data("video/mosaic12.mp4")
    done = CliRunner().invoke(main, ["--only", "mosaic12", "--seconds", "5", "--json"])
    assert done.exit_code == 0, done.output
    (measured,) = json.loads(done.stdout.splitlines()[-1])["mosaic12"].values()  # click 8.1 adds standard error
    frames = measured["frames"]
    assert frames["truth"] == [12] * round(5 * PACE)
    assert frames["people"][-1] >= 10
    assert 0 < min(frames["cpu_ms"]) < measured["cpu_ms"]


def test_a_pipeline_that_cannot_start_says_why() -> None:
    data("video/mosaic12.mp4")
    done = CliRunner().invoke(main, ["--only", "mosaic12", "--seconds", "1", "scan_width=wide"])
    assert done.exit_code == 1
    assert "scan_width" in done.output
