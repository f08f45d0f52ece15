"""What is believed of a camera's pictures, and when."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.contract.records import Light, Picture
from edge.vision.picture_check import PictureCheck
from tests.support.defocus import defocused
from tests.support.pictures import scene_frame

WITHIN = 9.0
"""Seconds: one more for the publisher makes ten."""
BLURRED = defocused(scene_frame(), 0.02, 1, np.random.default_rng(0))


def window() -> Luma:
    """Return a dark room before a bright window."""
    frame = (scene_frame() * 0.2).astype(np.uint8)
    frame[50:350, 300:900] = 255
    return frame


class Watched:
    """A check, and two frames a second."""

    def __init__(self, turned: int = 0) -> None:
        self.turned = turned
        self.check = PictureCheck(lambda _luma, quarters: self.turned if quarters == 2 else 0)
        self.now = 100.0

    def watch(self, luma: Luma, seconds: float, people: int = 5, light: Light = "good") -> Picture | None:
        for _ in range(round(2 * seconds)):
            self.check.look(luma, light, people, self.now)
            self.now += 0.5
        return self.check.picture


def test_each_condition_is_named_within_ten_seconds_and_so_is_its_end() -> None:
    watched = Watched()
    for luma, people, light, expected in (
        (BLURRED, 0, "good", "out_of_focus"),
        (scene_frame(), 0, "too_dark", "too_dark"),
        (window(), 5, "good", "backlit"),
    ):
        assert watched.watch(luma, WITHIN, people, light) == expected  # type: ignore[arg-type]
        assert watched.check.hides_people == (expected != "backlit")
        assert watched.watch(scene_frame(), WITHIN) == "good"
    watched.turned = 5
    assert watched.watch(scene_frame(), WITHIN, people=0) == "upside_down"


def test_from_the_start_on_too() -> None:
    assert Watched(5).watch(scene_frame(), WITHIN, people=0) == "upside_down"
    assert Watched().watch(BLURRED, WITHIN, people=0) == "out_of_focus"
    assert Watched().watch(scene_frame(), 1.0) == "good"


@pytest.mark.parametrize(("luma", "light"), [(BLURRED, "good"), (scene_frame(), "too_dark")])
def test_what_lasts_a_moment_is_no_news(luma: Luma, light: Light) -> None:
    watched = Watched()
    watched.watch(scene_frame(), 5)
    assert watched.watch(luma, 1.5, 0, light) == "good"
    assert watched.watch(scene_frame(), 20) == "good"
