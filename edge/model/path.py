"""Where the file of a model lies."""

from pathlib import Path

from edge.config import SHIPPED_MODELS


def model_path(model: str) -> Path:
    """Return the file of `vision.model`: one of the shipped sizes, or a path."""
    if model not in SHIPPED_MODELS:
        return Path(model)
    import edge_models  # noqa: PLC0415 - the folder models/ of the source tree; see setup.cfg

    return Path(edge_models.__file__).with_name(f"{model}.tflite")
