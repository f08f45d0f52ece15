"""Metadata of models for tests."""

import json
from pathlib import Path
from typing import Any

from edge.model.metadata import Metadata, read_metadata
from edge.model.path import model_path


def described_model(folder: Path, **changes: Any) -> tuple[Path, Metadata]:
    """Write a shipped model's metadata with `changes` to `folder`; return the path of the model, and what was read.

    The model itself is not there: who reads the metadata alone does not miss it.
    """
    metadata = json.loads(model_path("standard").with_suffix(".json").read_text())
    (folder / "other.json").write_text(json.dumps(metadata | changes))
    path = folder / "other.tflite"
    return path, read_metadata(path)
