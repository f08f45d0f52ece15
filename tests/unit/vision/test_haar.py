"""The Haar detector on real faces, and what it says about a cascade that cannot be used."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.sources.picture import read_luma
from edge.camera.sources.scene import PEOPLE
from edge.config import Vision
from edge.errors import EX_CONFIG, UnusableCascade
from edge.vision.detectors import haar
from edge.vision.detectors.base import Detections, clip
from edge.vision.detectors.haar import HaarDetector, load_cascade
from tests.conftest import data
from tests.support.pictures import empty_frame, scene_frame


def sure(found: Detections) -> Detections:
    return found.where(found.confidence >= 8)


def test_finds_every_portrait_where_it_is_in_source_pixels() -> None:
    found = sure(HaarDetector(Vision()).detect(scene_frame()))
    centres = np.sort(found.boxes[:, 0] + found.boxes[:, 2] / 2)
    assert len(centres) == len(PEOPLE)
    assert np.abs(centres - np.sort([person.x for person in PEOPLE])).max() < 40


def test_an_empty_room_holds_nobody() -> None:
    assert len(HaarDetector(Vision()).detect(empty_frame()).boxes) == 0


def test_a_larger_picture_of_the_same_gives_larger_boxes() -> None:
    small, large = scene_frame(), cv2.resize(scene_frame(), None, fx=2, fy=2).astype(np.uint8)
    cascade = HaarDetector(Vision())
    one, two = sure(cascade.detect(small)), sure(cascade.detect(large))
    assert len(one.boxes) == len(two.boxes)
    assert np.median(two.boxes[:, 2]) == pytest.approx(2 * np.median(one.boxes[:, 2]), rel=0.1)


def test_boxes_never_leave_the_picture() -> None:
    inside = clip(np.array([[-5, 10, 50, 50], [630, 470, 50, 50]], np.int32), 640, 480)
    assert inside.tolist() == [[0, 10, 45, 50], [630, 470, 10, 10]]


@pytest.mark.parametrize("content", [b"", b"<?xml version='1.0'?><opencv_storage>", b"\x00\xff" * 100])
def test_a_corrupt_cascade_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cascade.xml"
    file.write_bytes(content)
    with pytest.raises(UnusableCascade, match="cascade.xml: is no cascade, or damaged; ") as caught:
        load_cascade(str(file))
    assert caught.value.exit_code == EX_CONFIG


def test_a_missing_cascade_is_named() -> None:
    with pytest.raises(UnusableCascade, match="/nowhere.xml: no such cascade file; correct vision.cascade"):
        load_cascade("/nowhere.xml")


def test_an_opencv_without_cascade_files_says_which_package_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's python3-opencv and the 5.x wheels ship none."""
    monkeypatch.setattr("edge.model.cascade.find_spec", lambda _name: None)
    monkeypatch.setattr("edge.model.cascade._DEBIAN", Path("/nowhere"))
    with pytest.raises(UnusableCascade, match="apt install opencv-data"):
        load_cascade()


def test_an_opencv_without_cascades_says_which_version_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(UnusableCascade, match="opencv-python-headless<5"):
        load_cascade()


def test_faces_from_the_side_are_found_alike_to_the_left_and_to_the_right() -> None:
    luma = read_luma(data("faces-dev") / "faces" / "13_Interview_Interview_2_People_Visible_13_107.jpg")
    detector = HaarDetector(Vision(side_faces_every=1))
    one, other = detector.detect_sides(luma), detector.detect_sides(np.ascontiguousarray(luma[:, ::-1]))
    assert len(one.boxes) == len(other.boxes) > 0
    mirrored = luma.shape[1] - other.boxes[:, 0] - other.boxes[:, 2]
    assert np.abs(np.sort(mirrored) - np.sort(one.boxes[:, 0])).max() <= 1


@pytest.mark.parametrize(("least", "groups"), [(1, [1, 2, 3]), (2, [2, 3]), (3, [3])])
def test_overlapping_windows_are_one_face_and_lone_ones_are_kept_on_request(least: int, groups: list[int]) -> None:
    windows = [[x, 0, 40, 40] for x in (0, 200, 201, 400, 401, 402)]
    boxes, counts = haar._group(np.array(windows, np.int32), least)
    assert sorted(counts.tolist()) == groups
    assert len(boxes) == len(groups)


def test_of_very_many_windows_those_that_stand_alone_are_dropped() -> None:
    grid = np.stack(np.meshgrid(np.arange(40) * 100, np.arange(40) * 100), -1).reshape(-1, 2)
    windows = np.hstack([grid, np.full_like(grid, 40)]).astype(np.int32)
    assert len(haar._group(windows, 1)[0]) == 0
    assert len(haar._group(windows[:900], 1)[0]) == 900
