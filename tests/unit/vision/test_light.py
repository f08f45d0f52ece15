"""Light: what is too dark to search is not an empty room."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.vision.light import cells, levels, light
from tests.support.light import backlit, dimmed
from tests.support.pictures import empty_frame, scene_frame


@pytest.mark.parametrize(("gain", "expected"), [(1, "good"), (0.12, "dim"), (0.02, "too_dark"), (0, "too_dark")])
@pytest.mark.parametrize("room", [scene_frame(), empty_frame()], ids=["people", "empty"])
def test_less_light_is_dim_and_then_too_dark(room: Luma, gain: float, expected: str) -> None:
    assert light(*levels(cells(dimmed(room, gain, 1, np.random.default_rng(0))))) == expected


def test_a_veil_is_no_want_of_light() -> None:
    assert light(*levels(cells(backlit(scene_frame(), 1, np.random.default_rng(0))))) == "good"


def test_a_bright_wall_without_contrast_is_not_dark() -> None:
    assert light(*levels(cells(np.full((720, 1280), 180, np.uint8)))) == "good"


def test_a_sensor_whose_black_is_grey_sees_night_too() -> None:
    night = dimmed(np.full((720, 1280), 20, np.uint8), 1, 1, np.random.default_rng(0))
    assert light(*levels(cells(night))) == "too_dark"


def test_a_single_lamp_does_not_light_a_room() -> None:
    night = np.zeros((720, 1280), np.uint8)
    night[100:120, 100:120] = 255
    assert light(*levels(cells(night))) == "too_dark"
