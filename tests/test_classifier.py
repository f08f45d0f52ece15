"""The classifier: the shipped model is the one its metadata describe, and others are refused with a reason."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config import Vision
from edge.errors import EX_CONFIG, UnusableModel
from edge.records import EMOTIONS
from edge.vision.classifier import EmotionClassifier, crop_faces, read_metadata, shipped_model
from edge.vision.detector import HaarDetector
from tests.pictures import scene_frame


def copy(folder: Path, **changes: Any) -> Vision:
    """Copy the shipped model to `folder` with changed metadata."""
    shutil.copy(shipped_model(), folder / "other.tflite")
    (folder / "other.json").write_text(json.dumps(read_metadata(shipped_model()) | changes))
    return Vision(model=str(folder / "other.tflite"))


def faces() -> Any:
    frame = scene_frame()
    return crop_faces(frame, HaarDetector(Vision()).detect(frame).at_least(8).boxes)


def test_the_smiling_portraits_are_happy() -> None:
    """Three of the five people of the scene are the same smiling portrait."""
    labels = EmotionClassifier(Vision()).classify(faces()).argmax(1)
    assert [EMOTIONS[label] for label in labels].count("happy") == 3


def test_a_batch_gives_what_each_face_gives_alone() -> None:
    classifier = EmotionClassifier(Vision())
    batch = np.concatenate([faces()] * 4)
    together = classifier.classify(batch)
    alone = np.concatenate([classifier.classify(face[None]) for face in batch])
    assert np.array_equal(together, alone)
    assert np.allclose(together.sum(1), 1)
    assert classifier.classify(batch[:0]).shape == (0, 7)


def test_the_input_is_the_pixel_value_itself() -> None:
    """Anyone can score the file without our code: no normalisation stays outside the graph."""
    details = EmotionClassifier(Vision())._interpreter.get_input_details()[0]
    assert details["quantization"] == (1.0, -128)
    assert list(details["shape"]) == [1, 48, 48, 1]


def test_crops_are_cut_at_the_box() -> None:
    frame = np.zeros((100, 200), np.uint8)
    frame[20:60, 50:90] = 200
    crops = crop_faces(frame, np.array([[50, 20, 40, 40], [0, 0, 30, 10]], np.int32))
    assert crops.shape == (2, 48, 48)
    assert (crops[0] == 200).all()
    assert (crops[1] == 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": list(reversed(EMOTIONS))}, "has the labels"),
        ({"sha256": "0" * 64}, "does not match its metadata"),
    ],
)
def test_a_model_of_other_labels_or_another_digest_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnusableModel, match=message) as caught:
        EmotionClassifier(copy(tmp_path, **changes))
    assert caught.value.exit_code == EX_CONFIG
    assert "other.tflite" in str(caught.value)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "not-a-model.tflite"
    file.write_bytes(b"\x89PNG not a model at all")
    with pytest.raises(UnusableModel, match=r"not-a-model.tflite: is no TFLite model \(\d+ bytes\); "):
        EmotionClassifier(Vision(model=str(file)))


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    settings = copy(tmp_path)
    file = Path(settings.model)
    file.write_bytes(file.read_bytes()[:200_000])
    with pytest.raises(UnusableModel, match="other.tflite: .*(refuses it|does not match)"):
        EmotionClassifier(settings)


def test_a_model_without_metadata_is_refused(tmp_path: Path) -> None:
    settings = copy(tmp_path)
    Path(settings.model).with_suffix(".json").unlink()
    with pytest.raises(UnusableModel, match="other.json: cannot be read"):
        EmotionClassifier(settings)


def test_a_model_with_half_its_metadata_is_refused(tmp_path: Path) -> None:
    settings = copy(tmp_path)
    Path(settings.model).with_suffix(".json").write_text('{"name": "other"}')
    with pytest.raises(UnusableModel, match="lacks labels, sha256"):
        EmotionClassifier(settings)


def test_the_metadata_describe_the_shipped_file() -> None:
    metadata = read_metadata(shipped_model())
    assert metadata["sha256"] == hashlib.sha256(shipped_model().read_bytes()).hexdigest()


def test_without_any_runtime_the_error_names_each_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnusableModel, match="ai-edge-litert is not usable here .*tflite-runtime is not usable"):
        EmotionClassifier(Vision())


def test_a_runtime_that_imports_but_cannot_run_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """tflite-runtime with numpy 2 imports well and raises SystemError from Interpreter()."""

    class Broken:
        def Interpreter(self, **_: Any) -> None:  # noqa: N802 - the runtime's name
            message = "CreateWrapperFromFile returned a result with an exception set"
            raise SystemError(message)

    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter"):
        monkeypatch.setitem(sys.modules, module, Broken())
    with pytest.raises(UnusableModel, match="tflite-runtime refuses it .*install ai-edge-litert"):
        EmotionClassifier(Vision())
