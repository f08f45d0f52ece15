"""One face is one box."""

import numpy as np
import pytest

from edge.vision.geometry import one_box_a_face

FACE = (100, 100, 60, 60)


def kept(*boxes: tuple[int, int, int, int], scores: list[float]) -> list[bool]:
    return list(map(bool, one_box_a_face(np.array(boxes, np.int32).reshape(-1, 4), np.array(scores))))


@pytest.mark.parametrize(
    "double",
    [(110, 110, 24, 24), (90, 90, 200, 200), (125, 100, 60, 60), (100, 100, 60, 60)],
    ids=["inside", "around", "beside", "same"],
)
def test_of_two_boxes_on_one_face_the_better_is_kept(double: tuple[int, int, int, int]) -> None:
    assert kept(FACE, double, scores=[0.9, 0.8]) == [True, False]
    assert kept(FACE, double, scores=[0.8, 0.9]) == [False, True]


def test_neighbours_whose_boxes_touch_are_two() -> None:
    assert kept(FACE, (140, 100, 60, 60), scores=[0.9, 0.8]) == [True, True]


def test_a_box_is_judged_against_those_that_are_kept_alone() -> None:
    """The middle one of a chain goes with the first; the last is another face."""
    assert kept(FACE, (130, 100, 60, 60), (160, 100, 60, 60), scores=[0.9, 0.8, 0.7]) == [True, False, True]


def test_no_boxes_are_no_faces() -> None:
    assert kept(scores=[]) == []
