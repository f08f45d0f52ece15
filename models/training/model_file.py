"""A model file as it ships, run in the interpreter without any of the daemon's code."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHAPE = (1, 48, 48, 1)
_CLASSES = 7
_RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


class ModelFileError(Exception):
    """The file is no model, or not one of faces and seven emotions; the message says what was found."""


@dataclass(frozen=True)
class Answers:
    """What a model says of N faces.

    Attributes:
        viewers: (N, 7) float32, output 0: what most viewers see.
        face: (N,) float32, output 1: whether it is a face; None where the model has one output.
        label: (N, 7) float32, output 2: FER-2013's label; of a model with one output, that one.

    """

    viewers: NDArray[np.float32]
    face: NDArray[np.float32] | None
    label: NDArray[np.float32]


def interpreter(model: Path) -> Any:  # noqa: ANN401 - each runtime has its own class
    """Return an interpreter of one thread with its tensors allocated, from whichever runtime is installed.

    Raises:
        ModelFileError: the runtime cannot load the file.
        ImportError: no runtime is installed.

    """
    failures = []
    for runtime in _RUNTIMES:
        try:
            loaded = importlib.import_module(runtime).Interpreter(model_path=str(model), num_threads=1)
            loaded.allocate_tensors()
        except ImportError as error:
            failures.append(str(error))
        except (ValueError, RuntimeError) as error:
            message = f"{model}: not a TFLite model that {runtime} can run ({error})"
            raise ModelFileError(message) from error
        else:
            return loaded
    message = f"no TFLite runtime ({'; '.join(failures)}); pip install ai-edge-litert"
    raise ImportError(message)


def answer(model: Path, images: NDArray[np.uint8]) -> Answers:
    """Run (N, 48, 48) uint8 faces through `model`; the real value of its input is the pixel.

    Raises:
        ModelFileError: the file is no model, or its input or first output has another shape.

    """
    loaded = interpreter(model)
    entry, exits = loaded.get_input_details()[0], loaded.get_output_details()
    shapes = tuple(entry["shape"]), tuple(exits[0]["shape"])
    if shapes != (SHAPE, (1, _CLASSES)):
        message = f"{model}: answers {_text(shapes[1])} to {_text(shapes[0])}, not (1, {_CLASSES}) to {_text(SHAPE)}"
        raise ModelFileError(message)
    if len(exits) not in (1, 3):
        message = (
            f"{model}: has {len(exits)} outputs, not three (what viewers see, face, label) or one;"
            " models up to generation 7 have two: export again"
        )
        raise ModelFileError(message)
    rows: list[list[NDArray[np.float32]]] = []
    for face in _entered(images, entry):
        loaded.set_tensor(entry["index"], face[None, ..., None])
        loaded.invoke()
        rows.append([_real(loaded, exit_)[0] for exit_ in exits])
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    if len(columns) == 1:
        return Answers(columns[0], None, columns[0])
    return Answers(columns[0], columns[1][:, 0], columns[2])


def _text(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _entered(images: NDArray[np.uint8], details: dict[str, Any]) -> NDArray[Any]:
    scale, zero = details["quantization"]
    if not scale:
        return images.astype(details["dtype"])
    limits = np.iinfo(details["dtype"])
    quantised = np.rint(images / np.float32(scale)) + zero
    return np.clip(quantised, limits.min, limits.max).astype(details["dtype"])


def _real(loaded: Any, details: dict[str, Any]) -> NDArray[np.float32]:  # noqa: ANN401 - as above
    scale, zero = details["quantization"]
    value: NDArray[np.float32] = loaded.get_tensor(details["index"]).astype(np.float32)
    return (value - zero) * np.float32(scale) if scale else value
