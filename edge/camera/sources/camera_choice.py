"""Which of several cameras of libcamera `camera.source` names, and which tuning file `camera.tuning_file`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.camera.errors import CameraMissing

PICAMERA = "picamera2"
_TUNING_FOLDERS = tuple(
    Path(base) / "share/libcamera/ipa" / folder
    for base in ("/usr/local", "/usr")
    for folder in ("rpi/pisp", "rpi/vc4", "raspberrypi")
)
"""Where libcamera of Raspberry Pi OS has its tuning files: Pi 5, earlier boards, and first releases."""
_BOARD = Path("/sys/firmware/devicetree/base/compatible")
_PI_5 = b"bcm2712"


def is_picamera(source: str) -> bool:
    """Return whether `camera.source` names a camera of libcamera: picamera2, picamera2:NUMBER or picamera2:MODEL."""
    return source == PICAMERA or (source.startswith(f"{PICAMERA}:") and source != f"{PICAMERA}:")


def chosen_camera(source: str, cameras: Sequence[dict[str, Any]]) -> tuple[int, str]:
    """Return the number and the model of a camera.

    Args:
        source: picamera2, picamera2:NUMBER or picamera2:MODEL.
        cameras: `Picamera2.global_camera_info()`.

    Raises:
        CameraMissing: there is none, or none of this number or model, or several of this model.

    """
    models = [str(camera.get("Model", "")) for camera in cameras]
    if not models:
        remedy = "check the ribbon cable and that the user is in the group video: `rpicam-hello --list-cameras`"
        raise CameraMissing(PICAMERA, "no camera found", remedy)
    wanted = source.partition(":")[2]
    if not wanted or wanted.isdigit():
        number = int(wanted or 0)
        if number < len(models):
            return number, models[number]
    else:
        found = [number for number, model in enumerate(models) if model == wanted]
        if len(found) == 1:
            return found[0], wanted
    present = ", ".join(f"{number}: {model or 'unknown'}" for number, model in enumerate(models))
    problem = f"{models.count(wanted)} cameras are {wanted}" if wanted in models else "no such camera"
    raise CameraMissing(source, f"{problem} (present: {present})", "correct camera.source, or check the ribbon cable")


def tuning_path(name: str) -> str:
    """Return the whole path of a tuning file: a path as it is, a bare name in libcamera's folders; empty for none.

    Raises:
        CameraMissing: there is no such file.

    """
    if not name:
        return ""
    candidates = [Path(name)] if "/" in name else [folder / name for folder in _folders()]
    for path in candidates:
        if path.is_file():
            return str(path)
    raise CameraMissing("camera.tuning_file", f"there is no {name}", "see: ls /usr/share/libcamera/ipa/rpi/*")


def _folders() -> list[Path]:
    """Return the folders of this board: a file for one image processor does not fit the other."""
    is_pi_5 = _BOARD.is_file() and _PI_5 in _BOARD.read_bytes()
    return [folder for folder in _TUNING_FOLDERS if is_pi_5 == (folder.name == "pisp")]
