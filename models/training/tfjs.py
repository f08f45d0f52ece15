"""Weights as TensorFlow.js stores them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def read_weights(manifest: list[dict[str, Any]], file: Path) -> dict[str, Tensor]:
    """Return the float32 weights by name.

    They lie in `file` one after another, some of them as half precision or as 8-bit steps of a range.
    """
    raw = file.read_bytes()
    found, position = {}, 0
    for entry in manifest[0]["weights"]:
        coded = {"dtype": entry["dtype"], "scale": 1, "min": 0} | entry.get("quantization", {})
        values = np.frombuffer(raw, coded["dtype"], int(np.prod(entry["shape"])), position)
        position += values.nbytes
        real = values.astype(np.float32) * np.float32(coded["scale"]) + np.float32(coded["min"])
        found[entry["name"]] = torch.from_numpy(real.reshape(entry["shape"]))
    return found
