"""Focus: a blurred picture is named; a wall, a dim room and a noisy one are not taken for it."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.vision.focus import is_out_of_focus, sharpness
from tests.support.defocus import defocused
from tests.support.light import dimmed
from tests.support.pictures import scene_frame

DISC = 0.015
"""Share of the picture's width: a third of a face of 35 of 800 pixels."""


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("diameter", [DISC, 2 * DISC, 4 * DISC])
@pytest.mark.parametrize("reduction", [1, 2])
def test_a_blurred_picture_is_out_of_focus(generator: np.random.Generator, diameter: float, reduction: int) -> None:
    frame = np.ascontiguousarray(scene_frame()[::reduction, ::reduction])
    assert is_out_of_focus(defocused(frame, diameter, 1, generator))


@pytest.mark.parametrize("reduction", [1, 2])
def test_a_sharp_picture_is_not(generator: np.random.Generator, reduction: int) -> None:
    frame = np.ascontiguousarray(scene_frame()[::reduction, ::reduction])
    for seen in (
        frame,
        dimmed(frame, 1, 6, generator),
        dimmed(frame, 0.25, 2, generator),
        dimmed(frame, 0.1, 3, generator),
    ):
        assert not is_out_of_focus(seen)


def test_contrast_does_not_change_the_measure(generator: np.random.Generator) -> None:
    whole, half = (sharpness(dimmed(scene_frame(), gain, 0, generator)) for gain in (1, 0.5))
    assert whole == pytest.approx(half, rel=0.1)


def test_one_thing_too_near_makes_no_picture_blurred(generator: np.random.Generator) -> None:
    frame = defocused(scene_frame(), 2 * DISC, 1, generator)
    frame[:, 900:] = scene_frame()[:, 900:]
    assert not is_out_of_focus(frame)


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_a_wall_with_soft_shadows_tells_nothing(generator: np.random.Generator, noise: float) -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, 1280), np.linspace(-1, 1, 720))
    wall: Luma = np.clip(150 - 60 * np.hypot(x, y) + 25 / (1 + np.exp(-30 * (x + y))), 0, 255).astype(np.uint8)
    assert not is_out_of_focus(dimmed(wall, 1, noise, generator))
