"""Metadata of models for tests."""

import hashlib
import json
from pathlib import Path
from typing import Any

from edge.contract.records import EMOTIONS
from edge.model.metadata import Metadata, read_metadata
from edge.model.path import model_path
from edge.vision.runtime import load_interpreter


def described_model(folder: Path, **changes: Any) -> tuple[Path, Metadata]:
    """Write a shipped model's metadata with `changes` to `folder`; return the path of the model, and what was read.

    The model itself is not there: who reads the metadata alone does not miss it.
    """
    metadata = json.loads(model_path("standard").with_suffix(".json").read_text())
    (folder / "other.json").write_text(json.dumps(metadata | changes))
    path = folder / "other.tflite"
    return path, read_metadata(path)


def wrong_model(folder: Path, name: str = "wrong") -> Path:
    """Write a model that is as sure as a shipped one and calls every emotion by another name; return its path.

    The rows of its last layers are in another order, and so is all in its metadata that is of an emotion. So it passes
    its self-test, and only what it counts shows the fault.
    """
    source = model_path("small")
    order = [*range(1, len(EMOTIONS)), 0]
    content = source.read_bytes()
    interpreter = load_interpreter(source, threads=1).interpreter
    for tensor in interpreter.get_tensor_details():
        scales = tensor["quantization_parameters"]["scales"]
        if len(scales) == len(EMOTIONS):  # weights or biases of a last layer
            for array in (interpreter.get_tensor(tensor["index"]), scales):
                assert content.count(array.tobytes()) == 1
                content = content.replace(array.tobytes(), array[order].tobytes())
    path = folder / f"{name}.tflite"
    path.write_bytes(content)
    metadata = json.loads(source.with_suffix(".json").read_text())
    parts = [(metadata, "face_odds"), (metadata["self_test"], "viewers")]
    parts += [(metadata["calibration"], key) for key in ("bias", "prior", "entropy", "entropy_squared")]
    for part, key in parts:
        part[key] = [part[key][number] for number in order]
    metadata |= {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(metadata))
    return path
