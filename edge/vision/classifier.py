"""Emotions of faces by an int8 TFLite network."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.source import Luma
from edge.config import Vision
from edge.errors import UnusableModel
from edge.records import EMOTIONS
from edge.vision.boxes import Boxes
from edge.vision.runtime import load_interpreter, sha256

SIDE = 48
"""Edge length of a face picture, pixels."""

_MAX_BATCH = 16
_ROUNDING = 0.05  # seven int8 probabilities need not sum to one exactly


class EmotionClassifier:
    """One interpreter; not to be shared between threads.

    The model's input is one 48x48 grey face whose real value is the pixel 0-255; output 0 the seven probabilities in
    the order of `EMOTIONS`. Beside the file lies its metadata, `<name>.json`, with labels and digest.
    """

    def __init__(self, settings: Vision) -> None:
        path = Path(settings.model) if settings.model else shipped_model()
        runtime = load_interpreter(path, threads=1)
        metadata = read_metadata(path)
        digest = sha256(path)
        if metadata["labels"] != list(EMOTIONS):
            problem = f"has the labels {metadata['labels']}, not {list(EMOTIONS)}"
            raise UnusableModel(path, problem, "train with these labels in this order, or leave vision.model empty")
        if metadata["sha256"] != digest:
            problem = f"does not match its metadata (sha256 {digest[:12]}, expected {str(metadata['sha256'])[:12]})"
            raise UnusableModel(path, problem, "the file is damaged or was exchanged: install it again")
        self.name = f"{metadata['name']} (sha256 {digest[:12]})"
        self.runtime = runtime.name
        self._interpreter = runtime.interpreter
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._batch = 1
        self._check(path)

    def classify(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return (N, 7) float32 probabilities of (N, 48, 48) uint8 faces."""
        parts = [self._invoke(faces[i : i + self._max_batch]) for i in range(0, len(faces), self._max_batch)]
        return np.concatenate(parts) if parts else np.empty((0, len(EMOTIONS)), np.float32)

    def _invoke(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        if len(faces) != self._batch:
            self._interpreter.resize_tensor_input(self._input["index"], (len(faces), SIDE, SIDE, 1))
            self._interpreter.allocate_tensors()
            self._batch = len(faces)
        scale, zero = self._input["quantization"]
        quantised = np.clip(np.rint(faces / np.float32(scale)) + zero, -128, 127).astype(np.int8)
        self._interpreter.set_tensor(self._input["index"], quantised[..., None])
        self._interpreter.invoke()
        scale, zero = self._output["quantization"]
        values = self._interpreter.get_tensor(self._output["index"]).astype(np.float32)
        probabilities: NDArray[np.float32] = (values - zero) * np.float32(scale)
        total: NDArray[np.float32] = probabilities.sum(1, keepdims=True)
        return probabilities / total

    def _check(self, path: Path) -> None:
        """Refuse other tensors than the contract's, and prove with one inference that the thing runs."""
        remedy = "export it as described in models/README.md, or leave vision.model empty"
        wanted = [([SIDE, SIDE, 1], self._input, "input"), ([len(EMOTIONS)], self._output, "output 0")]
        for shape, details, what in wanted:
            if list(details["shape"][1:]) != shape or details["dtype"] is not np.int8:
                found = f"{what} is {details['dtype'].__name__}{list(details['shape'])}, not int8[N, {str(shape)[1:]}"
                raise UnusableModel(path, found, remedy)
        free = int(self._input["shape_signature"][0]) == -1
        self._max_batch = _MAX_BATCH if free else 1
        self._interpreter.invoke()
        scale, zero = self._output["quantization"]
        total = float(((self._interpreter.get_tensor(self._output["index"]).astype(np.float32) - zero) * scale).sum())
        if not abs(total - 1) < _ROUNDING:
            raise UnusableModel(path, f"output 0 sums to {total:.2f}, so it holds no probabilities", remedy)


def shipped_model() -> Path:
    """Return the path of the model that is installed with this package."""
    import edge_models  # noqa: PLC0415 - the folder models/ of the source tree; see setup.cfg

    return Path(edge_models.__file__).with_name("emotion.tflite")


def read_metadata(model: Path) -> dict[str, Any]:
    """Read the .json beside a model; raise `UnusableModel` where it is missing or lacks name, labels or sha256."""
    path = model.with_suffix(".json")
    try:
        metadata: dict[str, Any] = json.loads(path.read_text())
        missing = {"name", "labels", "sha256"} - set(metadata)
    except (OSError, ValueError, TypeError) as error:
        raise UnusableModel(path, f"cannot be read ({error})", "put the model's metadata beside it") from error
    if missing:
        raise UnusableModel(path, f"lacks {', '.join(sorted(missing))}", "take the metadata that came with the model")
    return metadata


def crop_faces(luma: Luma, boxes: Boxes) -> NDArray[np.uint8]:
    """Cut faces out of a frame and bring them to (N, 48, 48) uint8."""
    faces = np.empty((len(boxes), SIDE, SIDE), np.uint8)
    for face, (x, y, w, h) in zip(faces, boxes, strict=True):
        shrinking = cv2.INTER_AREA if min(w, h) >= SIDE else cv2.INTER_LINEAR
        face[:] = cv2.resize(luma[y : y + h, x : x + w], (SIDE, SIDE), interpolation=shrinking)
    return faces
