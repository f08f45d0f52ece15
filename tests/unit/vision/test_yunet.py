"""YuNet as an operator may supply it."""

from pathlib import Path

import numpy as np
import pytest

from edge.config import Vision
from edge.errors import EX_CONFIG, UnusableDetector
from edge.vision.detectors.yunet import YuNetDetector
from edge.vision.pipeline import Pipeline
from tests.conftest import data
from tests.support.pictures import empty_frame, scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")


def settings() -> Vision:
    return Vision(scan_seconds=2, detector="yunet", yunet_model=str(data("models/face_detection_yunet_2026may.onnx")))


def test_it_finds_and_classifies_everyone() -> None:
    pipeline = Pipeline(settings())
    faces = pipeline.examine(scene_frame())
    assert len(faces) == 5
    assert sorted(face.emotion for face in faces).count("happy") == 3
    assert pipeline.examine(empty_frame()) == []


def test_people_are_tracked_with_it() -> None:
    pipeline = Pipeline(settings())
    assert [len(pipeline.analyse(scene_frame(12 + second / 10), second)) for second in range(3)] == [0, 5, 5]


def test_frames_of_any_size_are_searched() -> None:
    detector = YuNetDetector(settings())
    for shape in ((2160, 3840), (48, 64), (720, 1280)):
        found = detector.detect(np.zeros(shape, np.uint8))
        assert found.boxes.shape == (0, 4)


def test_an_absent_file_is_named() -> None:
    with pytest.raises(UnusableDetector, match=r"no.onnx: no such file; correct vision.yunet_model") as caught:
        YuNetDetector(Vision(detector="yunet", yunet_model="/no.onnx"))
    assert caught.value.exit_code == EX_CONFIG


def test_another_file_than_the_expected_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.onnx"
    file.write_bytes(b"<!doctype html>")
    with pytest.raises(UnusableDetector, match=r"page.onnx: has sha256 [0-9a-f]{64}, not the expected ebafce"):
        YuNetDetector(Vision(detector="yunet", yunet_model=str(file)))


def test_a_trusted_file_that_opencv_cannot_load_is_named(tmp_path: Path) -> None:
    file = tmp_path / "page.onnx"
    file.write_bytes(b"<!doctype html>")
    digest = "9b4a0e0f8b0e1a2f" * 4
    with pytest.raises(UnusableDetector, match=r"has sha256 (\w+)") as caught:
        YuNetDetector(Vision(detector="yunet", yunet_model=str(file), yunet_sha256=digest))
    real = str(caught.value).split("sha256 ")[1][:64]
    with pytest.raises(UnusableDetector, match="cannot load it; download"):
        YuNetDetector(Vision(detector="yunet", yunet_model=str(file), yunet_sha256=real))
