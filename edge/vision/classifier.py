"""Emotions of faces, and whether they are faces, by an int8 TFLite network."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.contract.records import EMOTIONS
from edge.counting.prevalence import Reference
from edge.errors import UnusableModel
from edge.model.metadata import FACE, VIEWERS, Calibration, SelfTest, read_metadata
from edge.model.path import model_path
from edge.model.shipped import DIGESTS
from edge.model.structure import Unsound, check_structure
from edge.vision.crops import SIDE
from edge.vision.runtime import check_kind, load_interpreter, sha256
from edge.vision.score_fusion import fused_probability
from edge.vision.trial import try_model

_MAX_BATCH = 16
_SAME = 0.1  # runtimes round differently, by a few of the 256 steps of a probability
_REMEDY = "export it as described in models/README.md, or set vision.model to standard"


@dataclass(frozen=True)
class Answers:
    """What the network says of N faces.

    Attributes:
        probabilities: (N, 7) float64 in the order of `EMOTIONS`: how probable it is that most viewers see each emotion;
            each row sums to one.
        face: (N,) float64, probability that it is a face at all; what it shows has its say (`Metadata.face_odds`).

    """

    probabilities: NDArray[np.float64]
    face: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> "Answers":
        """Return those that (N,) `kept` marks."""
        return Answers(self.probabilities[kept], self.face[kept])


class EmotionClassifier:
    """One interpreter; not to be shared between threads.

    The model's input is one 48x48 grey face whose real value is the pixel 0-255. Its metadata, `<name>.json` beside the
    file, say which outputs it has; two are read: `viewers`, seven probabilities in the order of `EMOTIONS`, and `face`.

    Attributes:
        name: of the model, with the beginning of its digest.
        runtime: distribution that runs it.
        reference: the faces that the model was calibrated on.

    """

    def __init__(self, settings: Vision, *, tried: bool = False) -> None:
        """Load a model; with `tried`, one that is not of this release, too, without the trial in another process."""
        path = model_path(settings.model)
        check_kind(path)
        metadata = read_metadata(path)
        digest = sha256(path)
        if metadata.labels != list(EMOTIONS):
            problem = f"has the labels {metadata.labels}, not {list(EMOTIONS)}"
            raise UnusableModel(path, problem, "train with these labels in this order, or set vision.model to standard")
        if metadata.sha256 != digest:
            problem = f"does not match its metadata (sha256 {digest[:12]}, expected {metadata.sha256[:12]})"
            raise UnusableModel(path, problem, "the file is damaged or was exchanged: install it again")
        _check_origin(settings.model, path, digest, tried=tried)
        runtime = load_interpreter(path, threads=1)
        self.name = metadata.model_name
        self.runtime = runtime.name
        self._face_odds = np.array(metadata.face_odds)
        self.reference = _reference(metadata.calibration)
        self._interpreter = runtime.interpreter
        self._input = self._interpreter.get_input_details()[0]
        self._batch = 1
        self._outputs = self._find_outputs(path, metadata.outputs)
        self._check_input(path)
        self._check_answers(path, metadata.self_test)

    def classify(self, faces: NDArray[np.uint8]) -> Answers:
        """Answer for (N, 48, 48) uint8 faces."""
        parts = [self._invoke(faces[i : i + self._max_batch]) for i in range(0, len(faces), self._max_batch)]
        if not parts:
            return Answers(np.empty((0, len(EMOTIONS))), np.empty(0))
        probabilities, face = (np.concatenate(column) for column in zip(*parts, strict=True))
        probabilities = probabilities / probabilities.sum(1, keepdims=True)  # int8 rounds each by itself
        return Answers(probabilities, fused_probability(face[:, 0], probabilities @ self._face_odds))

    def _invoke(self, faces: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if len(faces) != self._batch:
            self._interpreter.resize_tensor_input(self._input["index"], (len(faces), SIDE, SIDE, 1))
            self._interpreter.allocate_tensors()
            self._batch = len(faces)
        scale, zero = self._input["quantization"]
        quantised = np.clip(np.rint(faces / np.float32(scale)) + zero, -128, 127).astype(np.int8)
        self._interpreter.set_tensor(self._input["index"], quantised[..., None])
        self._interpreter.invoke()
        probabilities, face = (self._real(output) for output in self._outputs)
        return probabilities, face

    def _real(self, output: dict[str, Any]) -> NDArray[np.float64]:
        scale, zero = output["quantization"]
        value: NDArray[np.float64] = (self._interpreter.get_tensor(output["index"]).astype(np.float64) - zero) * scale
        return value

    def _find_outputs(self, path: Path, names: list[str]) -> list[dict[str, Any]]:
        """Return the tensors of the two outputs that are read."""
        tensors = self._interpreter.get_output_details()
        if len(tensors) != len(names):
            problem = f"has {len(tensors)} outputs, but its metadata name {len(names)} ({', '.join(names)})"
            raise UnusableModel(path, problem, _REMEDY)
        found = []
        for name, width in ((VIEWERS, len(EMOTIONS)), (FACE, 1)):
            if name not in names:
                raise UnusableModel(path, f"has no output {name} (it has {', '.join(names)})", _REMEDY)
            found.append(tensors[names.index(name)])
            _check_tensor(path, found[-1], [width], f"output {name}")
        return found

    def _check_input(self, path: Path) -> None:
        _check_tensor(path, self._input, [SIDE, SIDE, 1], "input")
        free = int(self._input["shape_signature"][0]) == -1
        self._max_batch = _MAX_BATCH if free else 1

    def _check_answers(self, path: Path, test: SelfTest) -> None:
        """Refuse a model, or a runtime, that no longer says of the stored face what it said when it was exported."""
        face = np.frombuffer(base64.b64decode(test.face), np.uint8).reshape(1, SIDE, SIDE)
        probabilities, is_face = self._invoke(face)
        found, wanted = [*probabilities[0], is_face[0, 0]], [*test.viewers, test.is_face]
        if not np.allclose(found, wanted, rtol=0, atol=_SAME):
            said, expected = (", ".join(f"{value:.2f}" for value in values) for values in (found, wanted))
            problem = f"fails its self-test on {self.runtime}: says {said} of the stored face, not {expected}"
            raise UnusableModel(path, problem, "install it again; if that does not help, install the other runtime")


def _check_origin(model: str, path: Path, digest: str, *, tried: bool) -> None:
    """Let a model of this release pass by its digest, and any other that survives its trial.

    Raises:
        UnusableModel: it is not what its name says, or does not survive.

    """
    if model in DIGESTS and digest != DIGESTS[model]:
        problem = f"is not the model {model} of this release (sha256 {digest[:12]}, not {DIGESTS[model][:12]})"
        raise UnusableModel(path, problem, "the file was exchanged: install it again")
    if digest in DIGESTS.values():
        return
    try:
        check_structure(path.read_bytes())
    except Unsound as error:
        raise UnusableModel(path, f"is damaged: {error}", _REMEDY) from error
    if not tried:
        try_model(path)


def _reference(calibration: Calibration) -> Reference:
    values = (calibration.bias, calibration.prior, calibration.entropy, calibration.entropy_squared)
    return Reference(*(np.array(value) for value in values))


def _check_tensor(path: Path, details: dict[str, Any], shape: list[int], name: str) -> None:
    """Refuse a tensor that is not int8 of (N, *shape)."""
    if list(details["shape"][1:]) != shape or details["dtype"] is not np.int8:
        found = f"{name} is {details['dtype'].__name__}{list(details['shape'])}, not int8[N, {str(shape)[1:]}"
        raise UnusableModel(path, found, _REMEDY)
