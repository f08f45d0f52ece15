"""The classifier: the shipped model is the one its metadata describe, and others are refused with a reason."""

import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config import SHIPPED_MODELS, Vision
from edge.contract.records import EMOTIONS
from edge.errors import EX_CONFIG, UnusableModel
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from edge.vision.classifier import EmotionClassifier
from edge.vision.crops import crop_faces
from edge.vision.detectors.haar import HaarDetector
from edge.vision.runtime import load_interpreter
from edge.vision.score_fusion import log_odds
from models.training.model_file import answer
from tests.conftest import ROOT
from tests.support.pictures import scene_frame

SHIPPED = model_path("standard")


def copy(folder: Path, **changes: Any) -> Vision:
    """Copy the shipped model to `folder` with changed metadata."""
    shutil.copy(SHIPPED, folder / "other.tflite")
    (folder / "other.json").write_text(json.dumps(described() | changes))
    return Vision(model=str(folder / "other.tflite"))


def described(model: Path = SHIPPED) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(model.with_suffix(".json").read_text())
    return metadata


def faces() -> Any:
    frame = scene_frame()
    found = HaarDetector(Vision()).detect(frame)
    return crop_faces(frame, found.boxes[found.confidence >= 8])


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_the_smiling_portraits_are_happy_faces(model: str) -> None:
    """Three of the five people of the scene are the same smiling portrait."""
    answers = EmotionClassifier(Vision(model=model)).classify(faces())
    assert [EMOTIONS[label] for label in answers.probabilities.argmax(1)].count("happy") == 3
    assert answers.face.min() > 0.9


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_a_wall_and_noise_are_no_faces(model: str) -> None:
    wall = np.full((1, 48, 48), 180, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (1, 48, 48), np.uint8)
    scores = EmotionClassifier(Vision(model=model)).classify(np.concatenate([wall, noise])).face
    assert scores.max() < Vision().min_face_score


def test_what_a_face_shows_adds_to_the_odds_that_it_is_one(tmp_path: Path) -> None:
    """Fewer windows of a cascade lie on sad faces, so they need less; without `face_odds` nothing is added."""
    plain = EmotionClassifier(copy(tmp_path, face_odds=[0.0] * 7))
    raised = EmotionClassifier(copy(tmp_path, face_odds=[0.0, 0, 0, 0, 2, 0, 0]))
    noise = np.random.default_rng(0).integers(0, 256, (200, 48, 48), np.uint8)
    before, after = plain.classify(noise), raised.classify(noise)
    np.testing.assert_array_equal(before.probabilities, after.probabilities)
    gained = log_odds(after.face) - log_odds(before.face)
    free = np.abs(log_odds(after.face)) < log_odds(np.array([0.99]))[0]
    assert free.any()
    np.testing.assert_allclose(gained[free], 2 * before.probabilities[free, EMOTIONS.index("sad")], atol=1e-9)


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_a_batch_gives_what_each_face_gives_alone(model: str) -> None:
    classifier = EmotionClassifier(Vision(model=model))
    batch = np.concatenate([faces()] * 4)
    together = classifier.classify(batch)
    alone = [classifier.classify(face[None]) for face in batch]
    assert np.array_equal(together.probabilities, np.concatenate([one.probabilities for one in alone]))
    assert np.array_equal(together.face, np.concatenate([one.face for one in alone]))
    assert np.allclose(together.probabilities.sum(1), 1)
    assert classifier.classify(batch[:0]).probabilities.shape == (0, 7)


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
    """Before any runtime sees it: tflite-runtime 2.14 ends with a segmentation fault."""
    settings = copy(tmp_path)
    file = Path(settings.model)
    file.write_bytes(file.read_bytes()[:200_000])
    with pytest.raises(UnusableModel, match="other.tflite: does not match its metadata"):
        EmotionClassifier(settings)


def test_a_model_without_metadata_is_refused(tmp_path: Path) -> None:
    settings = copy(tmp_path)
    Path(settings.model).with_suffix(".json").unlink()
    with pytest.raises(UnusableModel, match="other.json: cannot be read"):
        EmotionClassifier(settings)


def test_a_model_with_half_its_metadata_is_refused(tmp_path: Path) -> None:
    settings = copy(tmp_path)
    Path(settings.model).with_suffix(".json").write_text('{"name": "other"}')
    with pytest.raises(
        UnusableModel, match="other.json: is no metadata .labels: Field required; outputs: Field required"
    ):
        EmotionClassifier(settings)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("calibration", {"prior": [0.5, 0.5]}, "calibration.prior: List should have at least 7 items"),
        ("calibration", {"prior": [0.0] * 7}, "calibration.prior.0: Input should be greater than 0"),
        ("self_test", {"face": "AAAA"}, "self_test.face: Value error, is not 2304 pixels in base64"),
    ],
)
def test_metadata_that_cannot_be_right_are_named(
    tmp_path: Path, part: str, change: dict[str, Any], message: str
) -> None:
    settings = copy(tmp_path, **{part: described()[part] | change})
    with pytest.raises(UnusableModel, match=message):
        EmotionClassifier(settings)


@pytest.mark.parametrize("saturated", [0.0, 1.0])
def test_a_model_that_no_longer_says_what_it_said_fails_its_self_test(tmp_path: Path, saturated: float) -> None:
    settings = copy(tmp_path, self_test=described()["self_test"] | {"viewers": [saturated] * 7})
    with pytest.raises(UnusableModel, match="fails its self-test on .*: says .* of the stored face, not "):
        EmotionClassifier(settings)


def test_a_model_without_a_face_output_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    get_output_details = type(load_interpreter(SHIPPED, 1).interpreter).get_output_details
    monkeypatch.setattr(
        type(load_interpreter(SHIPPED, 1).interpreter), "get_output_details", lambda self: get_output_details(self)[:1]
    )
    with pytest.raises(UnusableModel, match=r"has 1 outputs, but its metadata name 3 \(viewers, face, label\)"):
        EmotionClassifier(Vision())


def test_outputs_are_found_by_their_names(tmp_path: Path) -> None:
    """An operator's model may have them in another order: the label is as wide as what viewers see."""
    swapped = EmotionClassifier(copy(tmp_path, outputs=["label", "face", "viewers"], self_test=_self_test_of_label()))
    assert not np.array_equal(
        swapped.classify(faces()).probabilities, EmotionClassifier(Vision()).classify(faces()).probabilities
    )


def _self_test_of_label() -> dict[str, Any]:
    test = described()["self_test"]
    face = np.frombuffer(base64.b64decode(test["face"]), np.uint8).reshape(48, 48)
    return dict(test, viewers=answer(SHIPPED, face[None]).label[0].tolist())


def test_a_model_without_what_viewers_see_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"other.tflite: has no output viewers \(it has label, face, other\)"):
        EmotionClassifier(copy(tmp_path, outputs=["label", "face", "other"]))


def test_a_model_of_the_old_contract_is_refused_by_name(tmp_path: Path) -> None:
    old = ["probabilities of the labels", "probability that the window shows a face"]
    message = r"other.json: is of a model of the old contract \(two outputs, the label first\); export it again"
    with pytest.raises(UnusableModel, match=message):
        EmotionClassifier(copy(tmp_path, outputs=old))


@pytest.mark.parametrize(("model", "kilobytes", "mega"), [("standard", 1500, 60), ("small", 400, 12)])
def test_the_shipped_files_are_small_and_what_their_metadata_say(model: str, kilobytes: int, mega: int) -> None:
    file = model_path(model)
    assert read_metadata(file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_size <= kilobytes * 1000
    assert described(file)["mega_multiply_accumulates"] <= mega


def test_the_model_card_names_the_files_that_ship() -> None:
    card = (ROOT / "models" / "README.md").read_text()
    for model in SHIPPED_MODELS:
        assert described(model_path(model))["sha256"][:12] in card


RUNTIMES = {"ai-edge-litert": "ai_edge_litert.interpreter", "tflite-runtime": "tflite_runtime.interpreter"}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_runtime_that_can_be_installed_here_counts_and_is_named(
    monkeypatch: pytest.MonkeyPatch, runtime: str
) -> None:
    """The second one where the first cannot be loaded."""
    pytest.importorskip(RUNTIMES[runtime], reason=f"{runtime} is not published for this Python")
    for name, module in RUNTIMES.items():
        if name != runtime:
            monkeypatch.setitem(sys.modules, module, None)
    classifier = EmotionClassifier(Vision())
    assert classifier.runtime == runtime
    assert [EMOTIONS[label] for label in classifier.classify(faces()).probabilities.argmax(1)].count("happy") == 3


def test_where_both_runtimes_are_installed_the_newer_one_is_used() -> None:
    pytest.importorskip(RUNTIMES["ai-edge-litert"])
    assert EmotionClassifier(Vision()).runtime == "ai-edge-litert"


def test_without_any_runtime_the_error_names_each_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in RUNTIMES.values():
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnusableModel, match="ai-edge-litert is not usable here .*tflite-runtime is not usable"):
        EmotionClassifier(Vision())


def test_a_runtime_that_imports_but_cannot_run_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """tflite-runtime with numpy 2 imports well and raises SystemError from Interpreter()."""

    class Broken:
        def Interpreter(self, **_: Any) -> None:  # noqa: N802 - the runtime's name
            message = "CreateWrapperFromFile returned a result with an exception set"
            raise SystemError(message)

    for module in RUNTIMES.values():
        monkeypatch.setitem(sys.modules, module, Broken())
    with pytest.raises(UnusableModel, match="tflite-runtime refuses it .*install ai-edge-litert"):
        EmotionClassifier(Vision())
