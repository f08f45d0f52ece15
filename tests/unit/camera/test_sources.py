"""Sources of frames: clips, folders, the built-in scene; each failure has a name and a remedy."""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.camera.errors import CameraEnded, CameraError, CameraMissing, CameraUnreadable
from edge.camera.sources import make_source
from edge.camera.sources.base import FrameSource
from edge.camera.sources.images import Images
from edge.camera.sources.opencv import Capture
from edge.camera.sources.picamera import Picamera
from edge.camera.sources.scene import EMPTY_FROM, EMPTY_UNTIL, PERIOD, Scene, people_at
from tests.conftest import source_settings
from tests.support.pictures import clip, picture, scene_frame


def levels(source: FrameSource, frames: int) -> list[int]:
    """Return the mean grey levels of the next frames."""
    seen = []
    for _ in range(frames):
        source.grab()
        luma = source.retrieve()
        assert luma is not None
        assert luma.dtype == np.uint8
        assert luma.flags.c_contiguous
        seen.append(round(float(luma.mean())))
    return seen


def opened(path: Path, **values: object) -> FrameSource:
    source = make_source(source_settings(source=str(path), **values))
    source.open()
    return source


def test_a_clip_at_full_speed_gives_every_frame_then_ends(tmp_path: Path) -> None:
    source = opened(clip(tmp_path / "a.avi"))
    assert levels(source, 10) == pytest.approx([20 * i for i in range(10)], abs=4)
    with pytest.raises(CameraEnded, match="a.avi: ended after 10 frames; set camera.loop"):
        source.grab()


def test_a_looped_clip_goes_on(tmp_path: Path) -> None:
    source = opened(clip(tmp_path / "a.avi", frames=3), loop=True)
    assert levels(source, 7) == pytest.approx([0, 20, 40, 0, 20, 40, 0], abs=4)


def test_a_clip_at_its_own_pace_skips_what_has_gone_by(tmp_path: Path) -> None:
    """Someone who asks late gets the frame that is due, as a camera would give."""
    source = opened(clip(tmp_path / "a.avi", rate=10.0), pace="native")
    levels(source, 1)
    time.sleep(0.55)
    assert levels(source, 1)[0] >= 20 * 4


def test_a_folder_gives_its_pictures_by_name(tmp_path: Path) -> None:
    for i in (2, 0, 1):
        picture(tmp_path / f"{i}.png", np.full((48, 64), 100 * i, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    source = opened(tmp_path)
    assert levels(source, 3) == [0, 100, 200]
    with pytest.raises(CameraEnded, match="ended after 3 pictures"):
        source.grab()


def test_a_broken_picture_in_a_folder_is_named_once_and_the_others_are_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for i in (0, 2):
        picture(tmp_path / f"{i}.png", np.full((48, 64), 100 * i, np.uint8))
    whole = picture(tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "whole.jpg").unlink()
    (tmp_path / "1.jpg").write_bytes(whole[: len(whole) // 2])
    source = opened(tmp_path, loop=True)
    assert levels(source, 5) == [0, 200, 0, 200, 0]
    assert caplog.text.count("1.jpg: is truncated: its end is missing; copy the file again") == 1
    source = opened(tmp_path)
    assert levels(source, 2) == [0, 200]
    with pytest.raises(CameraEnded, match="ended after 2 pictures"):
        source.grab()


def test_a_folder_whose_every_picture_is_broken_is_an_error_and_no_loop(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(
        CameraUnreadable, match=r"contains no picture that can be read; the last: .*2\.jpg: is not a picture"
    ):
        opened(tmp_path, loop=True).grab()


def test_the_scene_shows_as_many_as_it_says_and_an_empty_spell() -> None:
    assert [people_at(second) for second in (1, 12, 25, EMPTY_FROM + 1, EMPTY_UNTIL + 1, PERIOD + 12)] == [
        4,
        5,
        4,
        0,
        0,
        5,
    ]
    assert float(np.abs(scene_frame(12.0).astype(float) - scene_frame(EMPTY_FROM + 4)).mean()) > 5


def _missing(tmp_path: Path) -> Path:
    return tmp_path / "absent.mp4"


def _zero_bytes(tmp_path: Path) -> Path:
    (tmp_path / "empty.mp4").touch()
    return tmp_path / "empty.mp4"


def _truncated(tmp_path: Path) -> Path:
    whole = clip(tmp_path / "whole.avi").read_bytes()
    (tmp_path / "truncated.avi").write_bytes(whole[:3000])
    return tmp_path / "truncated.avi"


def _noise(tmp_path: Path) -> Path:
    (tmp_path / "noise.mp4").write_bytes(os.urandom(10_000))
    return tmp_path / "noise.mp4"


def _empty_folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def _broken_picture(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and nothing more")
    return tmp_path / "folder"


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (_missing, CameraMissing, "absent.mp4: no such file; check camera.source"),
        (_zero_bytes, CameraUnreadable, r"empty.mp4: is empty \(0 bytes\); copy the clip again"),
        (_truncated, CameraError, "truncated.avi: .*; copy the clip again"),
        (_noise, CameraUnreadable, "noise.mp4: is not a video that can be decoded"),
        (_empty_folder, CameraMissing, "folder: contains no picture; add files that end in .bmp"),
        (_broken_picture, CameraUnreadable, "broken.jpg: is not a picture that can be decoded; give a JPEG"),
        (lambda _: Path("/dev/video99"), CameraMissing, "/dev/video99: no such camera .*; plug it in"),
    ],
)
def test_bad_input_is_named_with_its_remedy(
    tmp_path: Path, make: Callable[[Path], Path], kind: type[CameraError], message: str
) -> None:
    source = make_source(source_settings(source=str(make(tmp_path))))
    with pytest.raises(kind, match=message):
        source.open()
        source.grab()
    source.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_clip_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.avi")
    path.chmod(stat.S_IWUSR)
    with pytest.raises(CameraMissing, match="may not be read"):
        opened(path)


def test_a_source_is_chosen_by_its_name(tmp_path: Path) -> None:
    chosen = {
        name: type(make_source(source_settings(source=name))) for name in ("scene", "0", "rtsp://x/y", str(tmp_path))
    }
    assert list(chosen.values()) == [Scene, Capture, Capture, Images]
    assert isinstance(make_source(source_settings(source="picamera2")), Picamera)


def test_without_picamera2_the_remedy_is_its_package() -> None:
    source = make_source(source_settings(source="picamera2"))
    with pytest.raises(CameraMissing, match="apt install python3-picamera2"):
        source.open()
