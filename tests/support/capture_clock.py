"""Reads all of a source, in a time that passes by one frame with every frame."""

import pytest

from edge.camera.errors import CameraError
from edge.camera.sources import opencv
from edge.camera.sources.opencv import Capture
from tests.support.streams import RATE


class Clock:
    """Time that passes by one frame with every frame."""

    def __init__(self) -> None:
        self.frames = 0

    def monotonic(self) -> float:
        return self.frames / RATE

    def sleep(self, _seconds: float) -> None:
        pass


def read_all(
    monkeypatch: pytest.MonkeyPatch, source: Capture, levels: list[float | None] | None = None
) -> tuple[int, CameraError]:
    """Read frames until an error, and note their mean levels, None for no new one; return number and error."""
    clock = Clock()
    levels = [] if levels is None else levels
    monkeypatch.setattr(opencv, "time", clock)
    source.open()
    try:
        while True:
            clock.frames += 1
            source.grab()
            levels.append(None if (luma := source.retrieve()) is None else float(luma.mean()))
    except CameraError as error:
        return clock.frames, error
    finally:
        source.close()
