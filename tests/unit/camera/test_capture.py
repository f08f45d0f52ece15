"""OpenCV's captures: clips of any name and orientation, V4L2 devices whose frames are no pictures."""

import itertools
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import camera
from edge.camera.camera import CameraControl
from edge.camera.errors import CameraBusy, CameraUnreadable
from edge.camera.ipc import Failed
from edge.camera.reader import CameraReader
from edge.camera.sources import make_source, opencv
from edge.camera.sources.base import Luma
from edge.config import CameraSettings
from tests.conftest import SECONDS, source_settings
from tests.support.pictures import clip, scene_frame, turned_clip


def test_a_clip_of_a_phone_held_upright_stands_upright(tmp_path: Path) -> None:
    upright = scene_frame()
    source = make_source(source_settings(source=str(turned_clip(tmp_path / "phone.mp4", upright))))
    source.open()
    source.grab()
    luma = source.retrieve()
    assert luma is not None
    source.close()
    assert luma.shape == upright.shape
    assert float(np.abs(luma.astype(float) - upright).mean()) < 10, "turned the right way, not upside down"


@pytest.mark.parametrize(
    "name", [b"caf\xe9.avi", "Klasse \U0001f600.avi".encode(), b"2026-11-25T10:00:00.avi", b"http:.avi", b"a%03d.avi"]
)
def test_a_clip_may_have_any_name_and_is_looped_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "plain.avi", frames=2).rename(os.fsdecode(name))
    settings = CameraSettings(pace="fast", loop=True).with_source(os.fsdecode(name))
    reader = CameraReader(camera.source_settings(settings))
    levels = []
    for _ in range(3):
        frame = reader.frame(SECONDS)
        assert frame is not None
        levels.append(round(float(frame.mean())))
    reader.close()
    assert levels == pytest.approx([0, 20, 0], abs=4)


@pytest.mark.parametrize("every", [0.1, 0.7, 2.3, 60.1])
def test_a_short_loop_that_is_rarely_looked_at_shows_the_frame_that_is_due(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, every: float
) -> None:
    """It showed its first frame each time, so that nobody in it ever moved."""

    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr(opencv, "time", clock)
    path = clip(tmp_path / "a.avi", frames=10, rate=10.0)
    source = opencv.Capture(source_settings(source=str(path), pace="native", loop=True))
    source.open()
    for number in range(12):
        clock.now = max(clock.now, number * every)
        source.grab()
        luma = source.retrieve()
        assert luma is not None
        off = abs(float(luma.mean()) / 20 - round(clock.now * 10) % 10)
        assert min(off, 10 - off) < 1.5, "the frame of now, or its neighbour"
    source.close()


class Device:
    """A V4L2 device as OpenCV 4.11 gives it to us: a frame is one row of bytes until a format is set that it knows."""

    def __init__(self, good: str, shape: tuple[int, ...]) -> None:
        self.good = good
        self.shape = shape
        self.format = "BGR3"
        self.size = (640, 480)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, key: int, value: float) -> bool:
        if key == cv2.CAP_PROP_FOURCC:
            self.format = int(value).to_bytes(4, "little").decode()
            self.size = (640, 480)  # as a driver may that starts anew
        elif key == cv2.CAP_PROP_FRAME_WIDTH:
            self.size = (int(value), self.size[1])
        elif key == cv2.CAP_PROP_FRAME_HEIGHT:
            self.size = (self.size[0], int(value))
        return True

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, Luma]:
        width, height = self.size
        return True, np.full((height, width, 3) if self.format == self.good else self.shape, 7, np.uint8)

    def release(self) -> None:
        pass


def opened(monkeypatch: pytest.MonkeyPatch, device: Device) -> opencv.Capture:
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: device)
    source = opencv.Capture(source_settings(source="/dev/null"))
    source.open()
    source.grab()
    return source


@pytest.mark.parametrize("shape", [(1, 2_764_800), (2_764_800, 1), (1, 2_764_800, 1), (480, 640, 2)])
@pytest.mark.parametrize("good", ["MJPG", "YUYV", "GREY"])
def test_frames_that_are_no_pictures_make_another_format_be_tried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, good: str, shape: tuple[int, ...]
) -> None:
    source = opened(monkeypatch, Device(good, shape))
    luma = source.retrieve()
    assert luma is not None
    assert luma.shape == (720, 1280), "in the size that was asked for"
    assert f"trying format {good}" in caplog.text
    assert "/dev/null: frames come as" in caplog.text


def test_where_no_format_gives_a_picture_that_is_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    source = opened(monkeypatch, Device("none", (1, 2_764_800)))
    with pytest.raises(
        CameraUnreadable,
        match="/dev/null: frames come as 2764800 x 1, which is not a picture; see `v4l2-ctl -d /dev/null ",
    ):
        source.retrieve()


def test_a_frame_that_opencv_cannot_convert_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device("BGR3", (1, 1))
    source = opened(monkeypatch, device)

    def refuse() -> tuple[bool, Luma]:
        raise cv2.error("(-215:Assertion failed)")

    monkeypatch.setattr(device, "retrieve", refuse)
    with pytest.raises(CameraUnreadable, match="/dev/null: frame 1 cannot be decoded"):
        source.retrieve()


def test_a_camera_with_a_number_is_named_by_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """`fuser -v 0` finds nothing."""
    device = Device("BGR3", (1, 1))
    monkeypatch.setattr(device, "isOpened", lambda: False)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: device)
    source = opencv.Capture(source_settings(source="0"))
    monkeypatch.setattr(source, "_check_device", lambda _path: None)  # there is none here
    with pytest.raises(CameraBusy, match="/dev/video0: another process uses .*; see: fuser -v /dev/video0"):
        source.open()


def test_a_frame_that_cannot_be_decoded_is_the_same_failure_at_each_number(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A loose cable filled the log: each time it was another frame."""
    device = Device("BGR3", (1, 1))
    source = opened(monkeypatch, device)
    monkeypatch.setattr(device, "retrieve", lambda: (False, None))
    errors = []
    for _ in range(3):
        with pytest.raises(CameraUnreadable) as raised:
            source.retrieve()
        errors.append(raised.value)
        source.grab()
    assert len({str(error) for error in errors}) == 3, "the text names the frame"

    class Reader:
        def frame(self, _timeout: float) -> None:
            raise Failed.of(errors.pop()).error()  # as it comes from the camera process

        def close(self) -> None:
            pass

    minutes = itertools.count(step=60.0)
    control = CameraControl(CameraSettings(), lambda _settings: Reader(), lambda: next(minutes))  # type: ignore[arg-type, return-value]
    while errors:
        control.frame(0.25)
    assert [record.levelname for record in caplog.records if "cannot be decoded" in record.message] == ["WARNING"]
