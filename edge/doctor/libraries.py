"""Binary libraries: each is loaded in a process of its own, because one that does not fit may crash."""

import subprocess
import sys
import sysconfig
from collections.abc import Iterator

from edge.camera.sources.camera_choice import is_picamera
from edge.config import Settings
from edge.doctor.finding import Finding
from edge.errors import EX_CONFIG, EX_UNAVAILABLE
from edge.system.interpreter import isolated

_SECONDS = 120.0
_REMEDY = "run deploy/install.sh again; never install numpy by hand beside Debian's picamera2"


def check(settings: Settings) -> Iterator[Finding]:
    """Import numpy, OpenCV and TFLite, and picamera2 where it is the source, as the observer will."""
    yield _system()
    yield _load("numpy", "import numpy; print(numpy.__version__)")
    yield _load("opencv", "import numpy, cv2; cv2.blur(numpy.zeros((8, 8), 'u1'), (3, 3)); print(cv2.__version__)")
    if settings.mode == "emotions":
        program = "from edge.config import Vision; from edge.vision.classifier import EmotionClassifier as Classifier"
        yield _load("tflite", f"{program}; print(Classifier(Vision()).runtime)")
    if is_picamera(settings.camera.source):
        yield _load("picamera2", "import picamera2; print(picamera2.__file__)")


def _system() -> Finding:
    """See whether libraries are published for this system: what counts is the userland, not the kernel."""
    name = sysconfig.get_platform()
    if sys.maxsize > 2**32:
        return Finding("system", "ok", f"this system is 64-bit ({name})")
    sentence = "this system is 32-bit, and OpenCV and TensorFlow Lite are not published for it"
    remedy = "install the 64-bit Raspberry Pi OS, which a Pi 3, 4, 5, 400, 500 and Zero 2 W run"
    return Finding("system", "failed", sentence, remedy, EX_UNAVAILABLE)


def _load(name: str, program: str) -> Finding:
    code = f"library.{name}"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            isolated(program), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Finding(code, "failed", f"{name} does not load within {_SECONDS:g} s", _REMEDY, EX_CONFIG)
    if done.returncode == 0:
        return Finding(code, "ok", f"{name} {done.stdout.strip().splitlines()[-1]}")
    reason = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
    remedy = "apt install python3-picamera2, or set camera.source" if name == "picamera2" else _REMEDY
    return Finding(code, "failed", f"{name} does not load ({reason})", remedy, EX_CONFIG)
