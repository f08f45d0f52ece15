"""The sizes of faces at the places of a room."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.vision.room import RoomSizes

WIDTH, HEIGHT = 1280, 720


def faces(*rows: tuple[int, int, int]) -> NDArray[np.int32]:
    """Return square boxes from centres x, y and sides."""
    return np.array([(x - side // 2, y - side // 2, side, side) for x, y, side in rows], np.int32)


def possible(room: RoomSizes, x: int, y: int) -> tuple[float, float]:
    """Return the smallest and the largest face with its centre there, pixels."""
    least, most = room.possible(x / WIDTH, y / HEIGHT, 0, 0)
    return least * WIDTH, most * WIDTH


def classroom() -> NDArray[np.int32]:
    """Return people in three rows: 40 pixels at the back, 110 in front."""
    return faces(*[(x, y, side) for y, side in ((200, 40), (350, 66), (550, 110)) for x in range(150, 1200, 200)])


def test_before_anyone_was_seen_every_size_is_possible() -> None:
    least, most = possible(RoomSizes(), 640, 360)
    assert least < 20
    assert most > 700


def test_a_room_with_perspective_is_learned_and_a_face_twice_as_large_as_its_neighbours_is_impossible() -> None:
    room = RoomSizes()
    room.learn(classroom(), WIDTH, HEIGHT, 0)
    for x, y, side in ((240, 200, 40), (700, 350, 66), (1000, 550, 110)):
        least, most = possible(room, x, y)
        assert side / 2 < least < side / 1.3
        assert 1.3 * side < most < 2 * side


def test_people_in_one_corner_say_little_about_the_others() -> None:
    room = RoomSizes()
    room.learn(faces((150, 500, 80), (250, 500, 80), (200, 560, 90)), WIDTH, HEIGHT, 0)
    _least, most = possible(room, 1200, 100)
    assert most > 300


def test_a_portrait_on_the_wall_does_not_change_the_room() -> None:
    room, disturbed = RoomSizes(), RoomSizes()
    room.learn(classroom(), WIDTH, HEIGHT, 0)
    disturbed.learn(np.vstack([classroom(), faces((640, 180, 300))]), WIDTH, HEIGHT, 0)
    assert np.allclose(possible(room, 640, 360), possible(disturbed, 640, 360), rtol=0.15)


def test_what_was_seen_minutes_ago_is_forgotten() -> None:
    """The camera was turned a little: where people were small, others are near now."""
    room = RoomSizes()
    room.learn(faces(*[(x, 300, 40) for x in range(150, 1200, 200)]), WIDTH, HEIGHT, 0)
    _least, before = possible(room, 640, 300)
    for now in (300, 301, 302):
        room.learn(faces(*[(x, 500, 110) for x in range(150, 1200, 200)]), WIDTH, HEIGHT, now)
    _least, after = possible(room, 640, 300)
    assert before < 80
    assert after > 120


def test_in_an_empty_room_every_size_is_possible_after_minutes() -> None:
    """The sizes were compared with the latest one, so that they were known for days after everyone had left."""
    room = RoomSizes()
    room.learn(classroom(), WIDTH, HEIGHT, 0)
    nobody = np.empty((0, 4), np.int32)
    room.learn(nobody, WIDTH, HEIGHT, 170)
    assert possible(room, 700, 350)[1] < 140
    room.learn(nobody, WIDTH, HEIGHT, 181)
    assert possible(room, 700, 350) == pytest.approx(possible(RoomSizes(), 700, 350))


def test_beside_someone_who_stays_those_who_left_are_forgotten_after_minutes() -> None:
    room, alone = RoomSizes(), RoomSizes()
    room.learn(classroom(), WIDTH, HEIGHT, 0)
    for now in range(0, 182, 60):
        for each in (room, alone):
            each.learn(faces((640, 360, 70)), WIDTH, HEIGHT, now + 1)
    assert possible(room, 200, 600) == pytest.approx(possible(alone, 200, 600))
