"""A stream whose time stamps or sizes do not go on: no picture of the past is one of now."""

import cv2
import numpy as np
import pytest

from edge.camera.errors import CameraError, CameraTimeout
from edge.camera.sources.base import Luma
from edge.camera.sources.opencv import Capture
from tests.conftest import source_settings
from tests.support.capture_clock import read_all
from tests.support.streams import RATE

SMALL, LARGE = (640, 360), (1280, 720)


class Stamped:
    """A stream whose time stamps come from a list, as OpenCV gives them, and whose pictures are noise."""

    def __init__(self, *stamps: float) -> None:
        self.stamps = list(stamps)
        self.sizes = [SMALL] * len(stamps)
        self._generator = np.random.default_rng(0)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, _key: int, _value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        return self.stamps[0] if key == cv2.CAP_PROP_POS_MSEC else 0.0

    def grab(self) -> bool:
        del self.stamps[0], self.sizes[0]
        return bool(self.stamps)

    def retrieve(self) -> tuple[bool, Luma]:
        width, height = self.sizes[0]
        return True, self._generator.integers(0, 255, (height, width, 3), np.uint8)

    def release(self) -> None:
        pass


def read_stamped(monkeypatch: pytest.MonkeyPatch, stream: Stamped) -> tuple[int, CameraError]:
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: stream)
    return read_all(monkeypatch, Capture(source_settings(source="rtsp://192.0.2.1/x", stall_seconds=1)))


def test_time_stamps_that_stand_still_are_no_new_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, error = read_stamped(monkeypatch, Stamped(0, 40, 80, *[120] * 100))
    assert isinstance(error, CameraTimeout)
    assert "time stamps stand still" in str(error)
    assert RATE < frames < 2 * RATE


@pytest.mark.parametrize("stamps", [[0.0] * 100, [-1.0] * 100, [-9e15] * 100, [0, 900, 40, *range(80, 4000, 40)]])
def test_a_stream_without_time_stamps_or_with_jitter_is_read(
    monkeypatch: pytest.MonkeyPatch, stamps: list[float]
) -> None:
    frames, error = read_stamped(monkeypatch, Stamped(*stamps))
    assert "the stream stopped" in str(error)
    assert frames == len(stamps)


def test_frames_of_another_size_end_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """As other versions of OpenCV return them."""
    stream = Stamped(*range(0, 400, 40))
    stream.sizes[6:] = [LARGE] * 4
    frames, error = read_stamped(monkeypatch, stream)
    assert frames == 6
    assert "its pictures changed from 640 x 360 to 1280 x 720" in str(error)
