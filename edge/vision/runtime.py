"""The TFLite interpreter of whichever runtime works here."""

import ctypes
import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from edge.errors import UnusableModel

_CANDIDATES: Final[tuple[tuple[Literal["ai-edge-litert", "tflite-runtime"], str], ...]] = (
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)
_IDENTIFIER = slice(4, 8)  # of every TFLite flatbuffer
_MOST_BYTES = 32 * 2**20
_DEFAULT_ENVIRONMENT = ctypes.c_void_p(-1)
"""FE_DFL_ENV of glibc's fenv.h."""


@dataclass(frozen=True)
class Runtime:
    """An interpreter with its tensors allocated, and the distribution that it comes from."""

    name: Literal["ai-edge-litert", "tflite-runtime"]
    interpreter: Any


def check_kind(model: Path) -> None:
    """See that a file can be read and is a TFLite model, whole or not.

    Raises:
        UnusableModel: it cannot, or is not.

    """
    try:
        with model.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UnusableModel(
            model, f"cannot be read ({error.strerror})", "correct vision.model, or set it to standard"
        ) from error
    if len(data) > _MOST_BYTES:
        raise UnusableModel(model, f"has more than {_MOST_BYTES >> 20} MB", "train a smaller one")
    if data[_IDENTIFIER] != b"TFL3":
        raise UnusableModel(
            model, f"is no TFLite model ({len(data)} bytes)", "install it again, or set vision.model to standard"
        )


def load_interpreter(model: Path, threads: int) -> Runtime:
    """Build an interpreter for `model`, preferring `ai-edge-litert`.

    Importing proves nothing (tflite-runtime imports with numpy 2 and fails when used), so a runtime counts as working
    only when it has built this interpreter.

    The file must be known to be whole, or be loaded in a process that may die: runtimes die of many damaged ones.

    Raises:
        UnusableModel: no runtime can run it; the message names each one's failure.

    """
    failures = []
    for name, module in _CANDIDATES:
        try:
            interpreter = _imported(module).Interpreter(model_path=str(model), num_threads=threads)
            interpreter.allocate_tensors()
        except ImportError as error:
            failures.append(f"{name} is not usable here ({error})")
        except (ValueError, RuntimeError, SystemError) as error:
            failures.append(f"{name} refuses it ({str(error).splitlines()[0]})")
        else:
            return Runtime(name, interpreter)
    remedy = "install ai-edge-litert, or on Python 3.11 tflite-runtime with numpy<2"
    raise UnusableModel(model, "; ".join(failures), remedy)


def _imported(module: str) -> Any:  # noqa: ANN401 - each runtime has its own module
    """Import a runtime, and keep the arithmetic of this thread as it was.

    On arm64 tflite-runtime's library, linked with -ffast-math, makes the thread that loads it, and all that this thread
    starts, round numbers below 2.2e-308 to zero: a sum of the counts, or of anybody's code, then comes out differently.
    """
    try:
        return importlib.import_module(module)
    finally:
        ctypes.CDLL(None).fesetenv(_DEFAULT_ENVIRONMENT)


def sha256(model: Path) -> str:
    """Return the file's digest in hexadecimal."""
    return hashlib.sha256(model.read_bytes()).hexdigest()
