"""A model file as it ships, run in the interpreter without any of the daemon's code."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


@dataclass(frozen=True)
class Answers:
    """What a model says of N faces.

    Attributes:
        probabilities: (N, 7) float32, output 0.
        face: (N,) float32, output 1, or None where the model has none.

    """

    probabilities: NDArray[np.float32]
    face: NDArray[np.float32] | None


def interpreter(model: Path) -> Any:  # noqa: ANN401 - each runtime has its own class
    """Return an interpreter of one thread with its tensors allocated, from whichever runtime is installed."""
    failures = []
    for runtime in _RUNTIMES:
        try:
            loaded = importlib.import_module(runtime).Interpreter(model_path=str(model), num_threads=1)
            loaded.allocate_tensors()
        except ImportError as error:
            failures.append(str(error))
        else:
            return loaded
    message = f"no TFLite runtime ({'; '.join(failures)}); pip install ai-edge-litert"
    raise ImportError(message)


def answer(model: Path, images: NDArray[np.uint8]) -> Answers:
    """Run (N, 48, 48) faces through `model`; the real value of its input is the pixel."""
    loaded = interpreter(model)
    entry, exits = loaded.get_input_details()[0], loaded.get_output_details()
    scale, zero = entry["quantization"]
    quantised = np.clip(np.rint(images / np.float32(scale)) + zero, -128, 127).astype(np.int8)
    rows: list[list[NDArray[np.float32]]] = []
    for face in quantised:
        loaded.set_tensor(entry["index"], face[None, ..., None])
        loaded.invoke()
        rows.append([_real(loaded, exit_)[0] for exit_ in exits])
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    return Answers(columns[0], columns[1][:, 0] if len(columns) > 1 else None)


def _real(loaded: Any, details: dict[str, Any]) -> NDArray[np.float32]:  # noqa: ANN401 - as above
    scale, zero = details["quantization"]
    value: NDArray[np.float32] = (loaded.get_tensor(details["index"]).astype(np.float32) - zero) * np.float32(scale)
    return value
