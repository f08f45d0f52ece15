"""How the camera hangs: what proves that it is wrong, and how rarely that is searched for."""

from collections import Counter

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.vision.orientation import Orientation
from edge.vision.pipeline import Pipeline
from tests.support.pictures import empty_frame, scene_frame


class Room:
    """A camera whose faces are upright once its picture is turned by `quarters`; two frames a second."""

    def __init__(self, quarters: int = 0, faces: int = 5) -> None:
        self.quarters = quarters
        self.faces = faces
        self.upright: int | None = None
        self.searched: Counter[int] = Counter()
        self.now = 0.0
        self.orientation = Orientation(self.count)
        self._generator = np.random.default_rng(0)
        self._frame: Luma = np.full((90, 160), 128, np.uint8)

    def count(self, _luma: Luma, quarters: int) -> int:
        self.searched[quarters] += 1
        return self.faces if quarters == self.quarters else 0

    def watch(self, seconds: float, *, moving: bool = True) -> None:
        """Let frames pass; where something moves, no two are alike."""
        for _ in range(round(2 * seconds)):
            if moving:
                self._frame = self._generator.integers(0, 256, (90, 160), np.uint8)
            upright = self.upright if self.upright is not None else self.faces if not self.quarters else 0
            self.orientation.look(self._frame, upright, self.now, 1)
            self.now += 0.5


@pytest.mark.parametrize(("quarters", "turn"), [(1, "on_its_side"), (2, "upside_down"), (3, "on_its_side")])
def test_a_turned_camera_is_named_within_eight_seconds(quarters: int, turn: str) -> None:
    room = Room(quarters)
    room.watch(8)
    assert room.orientation.turn == turn


def test_people_who_are_seen_upright_end_it_and_nothing_else_does() -> None:
    room = Room(2)
    room.watch(8)
    room.faces = 0
    room.watch(300)
    assert room.orientation.turn == "upside_down"
    room.faces, room.quarters = 5, 0
    room.watch(8)
    assert room.orientation.turn is None


def test_nothing_is_searched_where_people_are_seen_upright() -> None:
    room = Room()
    room.watch(600)
    assert room.orientation.judged
    assert not room.searched


def test_one_false_face_in_either_direction_changes_nothing() -> None:
    lure = Room(2, faces=1)
    lure.watch(60)
    assert lure.orientation.turn is None
    hidden = Room(2)
    hidden.upright = 1  # a pattern that resembles an upright face in the turned picture
    hidden.watch(8)
    assert hidden.orientation.turn == "upside_down"


def test_an_empty_room_is_searched_ever_more_rarely_and_a_still_one_not_at_all() -> None:
    empty = Room(faces=0)
    empty.watch(3600)
    assert empty.orientation.judged
    assert sum(empty.searched.values()) <= 3 * (3600 / 120 + 8)
    still = Room(faces=0)
    still.watch(3600, moving=False)
    assert sum(still.searched.values()) == 6


def test_people_who_come_into_a_still_room_are_searched_at_once() -> None:
    room = Room(2, faces=0)
    room.watch(3600, moving=False)
    room.faces = 5
    room.watch(14)
    assert room.orientation.turn == "upside_down"


def test_the_real_detector_counts_the_faces_of_a_turned_picture_only() -> None:
    pipeline = Pipeline(Vision())
    upside_down = np.ascontiguousarray(np.rot90(scene_frame(), 2))
    assert [pipeline.count_turned(upside_down, quarters) for quarters in (1, 3)] == [0, 0]
    assert pipeline.count_turned(upside_down, 2) >= 4
    assert [pipeline.count_turned(scene_frame(), quarters) for quarters in (1, 2, 3)] == [0, 0, 0]
    assert [pipeline.count_turned(empty_frame(), quarters) for quarters in (1, 2, 3)] == [0, 0, 0]
