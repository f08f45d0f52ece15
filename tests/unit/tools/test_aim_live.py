"""Outlines of faces for the set-up page: where people are, as coarsely as it helps."""

import dataclasses

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.contract.outlines import COLUMNS, MOST_COUNTED, MOST_FACES, ROWS, SIZES
from edge.tools.aim import Lens, judge
from edge.tools.aim_live import outlines
from tests.support.pictures import scene_frame


def test_an_outline_lies_where_the_face_is_and_has_about_its_size() -> None:
    aim = judge([scene_frame()], Vision(), Lens(), "presence")
    seen = outlines(aim)
    assert (seen.shape, seen.hidden, seen.perhaps, seen.problem) == ("16:9", (), None, None)
    assert (seen.people, seen.small) == (len(aim.faces), 0)
    assert len(seen.faces) == len(aim.faces) > 3
    for outline, face in zip(seen.faces, aim.faces, strict=True):
        x, y, w, h = face.box
        assert outline.column <= (x + w / 2) / aim.width * COLUMNS < outline.column + 1
        assert outline.row <= (y + h / 2) / aim.height * ROWS < outline.row + 1
        assert 0.75 < SIZES[outline.size] / (w / aim.width) < 1.34
        assert outline.counted


@pytest.mark.parametrize(("width", "shape"), [(1280, "16:9"), (960, "4:3"), (405, "9:16")])
def test_the_drawing_has_the_shape_of_the_picture(width: int, shape: str) -> None:
    assert outlines(judge([np.full((720, width), 118, np.uint8)], Vision(), Lens(), "presence")).shape == shape


def test_what_hides_people_is_named() -> None:
    dark: Luma = np.full((720, 1280), 3, np.uint8)
    assert outlines(judge([dark], Vision(), Lens(), "presence")).hidden == ("too_dark",)


def test_one_person_alone_learns_that_the_camera_hangs_upside_down() -> None:
    """A single face proves nothing, as a pattern may look like one; but who mounts a camera is often alone."""
    alone = np.full((720, 1280), 118, np.uint8)
    x, y, w, h = judge([scene_frame()], Vision(), Lens(), "presence").faces[0].box
    part = slice(max(0, y - h), y + 2 * h), slice(max(0, x - w // 2), x + w + w // 2)
    alone[part] = scene_frame()[part]
    assert outlines(judge([alone], Vision(), Lens(), "presence")).people == 1
    seen = outlines(judge([np.ascontiguousarray(alone[::-1, ::-1])], Vision(), Lens(), "presence"))
    assert (seen.people, seen.hidden, seen.perhaps) == (0, (), "upside_down")


def test_a_full_room_is_counted_whole_and_its_small_faces_are_drawn() -> None:
    aim = judge([scene_frame()], Vision(), Lens(), "presence")
    large = dataclasses.replace(aim.faces[0], verdict="counted")
    small = dataclasses.replace(aim.faces[-1], verdict="too small")
    seen = outlines(dataclasses.replace(aim, faces=[large] * 20 + [small] * 10))
    assert (seen.people, seen.small, len(seen.faces)) == (30, 10, MOST_FACES)
    assert sum(not face.counted for face in seen.faces) == 10
    assert outlines(dataclasses.replace(aim, faces=[large] * 200)).people == MOST_COUNTED
