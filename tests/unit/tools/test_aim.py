"""What `aim` prints for the person who mounts the camera."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.errors import CameraError
from edge.config import CameraSettings, Settings, Vision
from edge.tools.aim import judge, look, report
from tests.support.pictures import clip, empty_frame, picture, scene_frame


def test_faces_are_sketched_numbered_and_measured() -> None:
    aim = judge(scene_frame(), Vision(), 66)
    assert [face.verdict for face in aim.faces] == ["counted"] * 5
    assert [face.pixels for face in aim.faces] == sorted((face.pixels for face in aim.faces), reverse=True)
    assert all(0.9 < face.metres < 3 for face in aim.faces)
    text = report(aim, as_json=False)
    assert "#" in text
    assert all(f"\n{number:>3}  " in text for number in range(1, 6))
    assert "up to about 3.9 m" in text
    assert json.loads(report(aim, as_json=True))["reach_metres"] == 3.9


def test_a_wider_lens_brings_the_same_faces_nearer() -> None:
    narrow, wide = (judge(scene_frame(), Vision(), angle) for angle in (54, 102))
    assert narrow.reach_metres > 2 * wide.reach_metres
    assert narrow.faces[0].metres > 2 * wide.faces[0].metres


def test_too_small_faces_are_named_with_what_would_help() -> None:
    """The same room from three times as far."""
    frame = np.full((720, 1280), 118, np.uint8)
    frame[240:480, 426:852] = cv2.resize(scene_frame(), (426, 240), interpolation=cv2.INTER_AREA)
    aim = judge(frame, Vision(min_face=40), 66)
    assert aim.faces
    assert {face.verdict for face in aim.faces} == {"too small"}
    text = report(aim, as_json=False)
    assert f"{len(aim.faces)} too small" in text
    assert "nearer" in text
    assert "vision.scan_width = " in text


def test_ignored_zones_are_shown_and_what_lies_in_them_is_not_counted() -> None:
    aim = judge(scene_frame(), Vision(ignore=((0.0, 0.0, 0.5, 1.0),)), 66)
    assert {face.verdict for face in aim.faces} == {"counted", "in an ignored zone"}
    assert all((face.verdict == "counted") == (face.box[0] + face.box[2] / 2 >= 640) for face in aim.faces)
    assert "░" in report(aim, as_json=False)


def test_an_empty_room_is_told_what_to_do() -> None:
    assert "Sit down where the farthest person will sit" in report(judge(empty_frame(), Vision(), 66), as_json=False)


def test_a_single_picture_will_do_and_nothing_at_all_is_named(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    picture(pictures / "room.png")
    assert len(look(Settings(camera=CameraSettings(source=str(pictures))), 66).faces) == 5
    assert look(Settings(camera=CameraSettings(source=str(clip(tmp_path / "short.avi", frames=2)))), 66).faces == []
    with pytest.raises(CameraError, match=r"absent.avi: "):
        look(Settings(camera=CameraSettings(source=str(tmp_path / "absent.avi"))), 66)
