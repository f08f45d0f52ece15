"""A camera that hangs on its side, upside down or sees through a mirror: the picture is upright."""

import numpy as np
import pytest

from edge.camera.reader import CameraReader
from edge.camera.turn import Turn
from tests.conftest import SECONDS, source_settings

PICTURE = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)


@pytest.mark.parametrize(
    ("rotation", "mirror", "upright"),
    [
        (0, False, [[1, 2, 3], [4, 5, 6]]),
        (90, False, [[4, 1], [5, 2], [6, 3]]),
        (180, False, [[6, 5, 4], [3, 2, 1]]),
        (270, False, [[3, 6], [2, 5], [1, 4]]),
        (0, True, [[3, 2, 1], [6, 5, 4]]),
        (90, True, [[1, 4], [2, 5], [3, 6]]),
        (180, True, [[4, 5, 6], [1, 2, 3]]),
        (270, True, [[6, 3], [5, 2], [4, 1]]),
    ],
)
def test_a_picture_is_turned_clockwise_then_mirrored(rotation: int, *, mirror: bool, upright: list[list[int]]) -> None:
    turned = Turn.of(rotation, mirror=mirror).apply(PICTURE)
    assert turned.tolist() == upright
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("down", [False, True])
def test_what_the_camera_flips_is_not_flipped_again(*, across: bool, down: bool) -> None:
    made = Turn(0, across, down).apply(PICTURE)
    left = Turn.of(180, mirror=False).without(across=across, down=down)
    assert left.apply(made).tolist() == [[6, 5, 4], [3, 2, 1]]


def test_frames_arrive_turned_from_every_source() -> None:
    readers = [CameraReader(source_settings(rotation=rotation)) for rotation in (0, 90)]
    try:
        plain, turned = (reader.frame(SECONDS) for reader in readers)
        assert plain is not None
        assert turned is not None
        assert np.array_equal(turned, np.rot90(plain, -1))
        assert [reader.facts.rotation for reader in readers if reader.facts] == [0, 90]
    finally:
        for reader in readers:
            reader.close()
