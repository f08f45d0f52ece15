"""Smaller pictures: the mean of what each pixel covers, with halves rounded up, whatever the processor."""

import numpy as np

from edge.vision.crops import crop_faces
from edge.vision.detectors.base import shrink
from edge.vision.resizing import smaller

HALVES = np.tile(np.array([2, 4, 4, 2], np.uint8), (64, 16))
"""Three quarters as wide: 2.5, 4 and 2.5 in turn. OpenCV rounds an exact 2.5 to the nearest even number, 2."""


def test_each_pixel_is_the_mean_of_what_it_covers() -> None:
    picture = np.arange(36, dtype=np.uint8).reshape(6, 6)
    assert smaller(picture, 2, 2).tolist() == [[7, 10], [25, 28]]


def test_a_half_is_rounded_up_and_white_stays_white() -> None:
    assert set(smaller(HALVES, 48, 48).ravel()) == {3, 4}
    assert set(smaller(np.full((7, 9), 255, np.uint8), 4, 3).ravel()) == {255}


def test_what_is_searched_and_what_is_classified_become_smaller_in_this_way() -> None:
    assert np.array_equal(shrink(HALVES, 48)[0], smaller(HALVES, 48, 48))
    assert np.array_equal(crop_faces(HALVES, np.array([[0, 0, 64, 64]], np.int32))[0], smaller(HALVES, 48, 48))
