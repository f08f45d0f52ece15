"""Outlines of faces for the set-up page: where people are, as coarsely as it helps."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.contract.outlines import COLUMNS, MOST_FACES, ROWS, SIZES
from edge.tools.aim import Lens, judge
from edge.tools.aim_live import outlines
from tests.support.pictures import scene_frame


def test_an_outline_lies_where_the_face_is_and_has_about_its_size() -> None:
    aim = judge([scene_frame()], Vision(), Lens(), "presence")
    seen = outlines(aim)
    assert (seen.shape, seen.picture, seen.problem) == ("16:9", (), None)
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


def test_what_hides_people_is_named_and_a_full_room_is_cut_off() -> None:
    dark: Luma = np.full((720, 1280), 3, np.uint8)
    assert outlines(judge([dark], Vision(), Lens(), "presence")).picture == ("too_dark",)
    aim = judge([scene_frame()], Vision(), Lens(), "presence")
    many = aim.__class__(**{**vars(aim), "faces": aim.faces * MOST_FACES})
    assert len(outlines(many).faces) == MOST_FACES
