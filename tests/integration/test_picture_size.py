"""Encoded streams that go on in another size, or do not go on: no picture of the past is one of now."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.camera import CameraControl
from edge.camera.errors import CameraEnded, CameraTimeout, CameraUnreadable
from edge.camera.sources.base import Luma
from edge.camera.sources.opencv import Capture
from tests.conftest import camera_settings, source_settings, until
from tests.support.capture_clock import read_all
from tests.support.pictures import scene_frame
from tests.support.streams import RATE, sender, transport_stream

SMALL, LARGE = (640, 360), (1280, 720)


def shown(size: tuple[int, int]) -> Luma:
    return np.asarray(cv2.resize(scene_frame(), size, interpolation=cv2.INTER_AREA), np.uint8)


def darker(size: tuple[int, int]) -> Luma:
    return (shown(size) * 0.4).astype(np.uint8)


def is_new(level: float) -> bool:
    """Whether a frame of this mean level shows the darker picture, and not the one before it."""
    return bool(abs(level - darker(SMALL).mean()) < abs(level - shown(SMALL).mean()))


@pytest.mark.parametrize("goes_back", [True, False], ids=["stamps-begin-anew", "stamps-go-on"])
@pytest.mark.parametrize("sizes", [(SMALL, LARGE), (LARGE, SMALL)], ids=["larger", "smaller"])
def test_a_stream_that_changes_its_size_is_opened_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: tuple[tuple[int, int], ...], *, goes_back: bool
) -> None:
    """OpenCV 4.11 showed the last picture of the old size for ever, or parts of both: 12 people in an empty room.

    OpenCV 4.14 shows the new pictures, in the old size.
    """
    pictures = [shown(sizes[0]), darker(sizes[1])]
    stream = transport_stream(tmp_path / "a.ts", pictures, frames=110, goes_back=goes_back)
    with sender(stream) as address:
        source = Capture(source_settings(source=address, stall_seconds=3))
        levels: list[float | None] = []
        frames, error = read_all(monkeypatch, source, levels)
    assert all(levels[:108])
    late = [level for level in levels[110 + RATE :] if level is not None]
    assert all(is_new(level) for level in late), "no old picture is taken for a new one for longer than two key frames"
    if late:
        assert "the stream stopped" in str(error)
        return
    assert isinstance(error, CameraTimeout | CameraEnded)
    assert "no longer changes" in str(error) or "pictures changed from" in str(error)
    assert 110 <= frames <= 110 + 4 * RATE, "within four seconds of the change"


def test_a_stream_of_one_size_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also where it is joined of two, and where nothing in the room moves."""
    stream = transport_stream(tmp_path / "a.ts", [shown(SMALL), shown(SMALL)], frames=60)
    with sender(stream) as address:
        frames, error = read_all(monkeypatch, Capture(source_settings(source=address, stall_seconds=1)))
    assert frames > 110
    assert "the stream stopped" in str(error)


@pytest.mark.parametrize("lamp", [False, True])
def test_darkness_may_stay_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, lamp: bool) -> None:
    dark = np.zeros(SMALL[::-1], np.uint8)
    dark[340:348, 400:408] = 255 if lamp else 0
    stream = transport_stream(tmp_path / "a.ts", [dark], frames=120, noise=0.0)
    with sender(stream) as address:
        frames, error = read_all(monkeypatch, Capture(source_settings(source=address, stall_seconds=1)))
    assert frames > 110
    assert "the stream stopped" in str(error)


@pytest.mark.parametrize("sizes", [(SMALL, LARGE), (LARGE, SMALL)], ids=["larger", "smaller"])
def test_a_clip_joined_of_two_sizes_is_an_error_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sizes: tuple[tuple[int, int], ...]
) -> None:
    clip = transport_stream(tmp_path / "a.ts", [shown(sizes[0]), darker(sizes[1])])
    levels: list[float | None] = []
    _, error = read_all(monkeypatch, Capture(source_settings(source=str(clip))), levels)
    assert levels[-1] is not None
    if not is_new(levels[-1]):  # OpenCV does not follow
        assert isinstance(error, CameraUnreadable)
        assert "its pictures change their size before frame" in str(error)


def test_a_clip_whose_picture_never_changes_is_played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, SMALL)
    for _ in range(100):
        writer.write(cv2.cvtColor(shown(SMALL), cv2.COLOR_GRAY2BGR))
    writer.release()
    frames, error = read_all(monkeypatch, Capture(source_settings(source=str(path), stall_seconds=1)))
    assert isinstance(error, CameraEnded)
    assert frames == 101


def test_the_camera_runs_again_with_the_new_size(tmp_path: Path) -> None:
    """In real processes: the first stream turns smaller, the second one begins so."""
    first = transport_stream(tmp_path / "a.ts", [shown(LARGE), shown(SMALL)])
    with sender(first) as address:
        camera = CameraControl(camera_settings(source=address))
        until(lambda: camera.frame(0.5) is not None)
        transport_stream(first, [shown(SMALL)])
        until(lambda: (frame := camera.frame(0.5)) is not None and frame.shape == SMALL[::-1])
        assert camera.report().restarts >= 1
        camera.close()
