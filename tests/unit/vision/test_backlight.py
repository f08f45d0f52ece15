"""A window behind the people: the camera's exposure follows it."""

import numpy as np

from edge.camera.sources.base import Luma
from edge.vision.backlight import is_backlit
from edge.vision.light import cells
from tests.support.light import dimmed
from tests.support.pictures import scene_frame


def against(gain: float, top: int = 60, height: int = 300, width: int = 500) -> Luma:
    """Return the scene at a share of its light, with a window of full light."""
    frame = dimmed(scene_frame(), gain, 1, np.random.default_rng(0))
    frame[top : top + height, 300 : 300 + width] = 255
    return frame


def test_a_large_window_before_a_dark_room_is_named() -> None:
    assert is_backlit(cells(against(0.2)))


def test_a_window_in_a_well_lit_room_a_lamp_and_a_white_wall_are_not() -> None:
    assert not is_backlit(cells(scene_frame()))
    assert not is_backlit(cells(against(1.0)))
    assert not is_backlit(cells(against(0.2, height=40, width=100)))
    assert not is_backlit(cells(np.full((720, 1280), 255, np.uint8)))
    assert not is_backlit(cells(np.zeros((720, 1280), np.uint8)))
