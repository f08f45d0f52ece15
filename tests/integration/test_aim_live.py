"""Outlines of faces for the set-up page, from a real camera process."""

import pytest

from edge.config import CameraSettings, Settings
from edge.contract.outlines import Outlines
from edge.tools.aim_live import live


class Left(Exception):
    """The browser has."""


def test_the_camera_is_shown_until_the_browser_leaves() -> None:
    seen: list[Outlines] = []

    def send(message: Outlines) -> None:
        seen.append(message)
        if len(seen) == 2:
            raise Left

    with pytest.raises(Left):
        live(Settings(camera=CameraSettings(source="scene")), send)
    assert all(len(message.faces) > 2 for message in seen)


def test_a_camera_that_is_not_there_is_named() -> None:
    seen: list[Outlines] = []
    live(Settings(camera=CameraSettings(source="/no/such/clip.mp4")), seen.append)
    assert [message.problem for message in seen] == ["CameraMissing"]
