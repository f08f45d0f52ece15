"""`python scenarios.py PICAMERA2 OLD`: our source on the real picamera2 in the folder PICAMERA2, without hardware.

Prints one line of JSON: what came of each scenario. OLD is `old` for a libcamera from before 0.2, else `new`.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), sys.argv[1], str(HERE.parents[2])]

from edge.camera.camera import source_settings  # noqa: E402
from edge.camera.errors import CameraError  # noqa: E402
from edge.camera.sources.picamera import Picamera  # noqa: E402
from edge.config import CameraSettings  # noqa: E402

libcamera: Any = importlib.import_module("libcamera")

MODULE_3 = {"sensors": ["imx708"]}
TWO = {"sensors": ["imx219", "imx708"]}
SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "module 2": ({}, {}),
    "module 3": ({}, MODULE_3),
    "upside down": ({"rotation": 180}, {}),
    "upside down, mirrored": ({"rotation": 180, "mirror": True}, {}),
    "upside down, no flips": ({"rotation": 180}, {"flips": False}),
    "on its side": ({"rotation": 90, "mirror": True}, {}),
    "zoom": ({"zoom": 2.0}, MODULE_3),
    "zoom on a Pi 5": ({"zoom": 2.0}, MODULE_3 | {"pi_5": True}),
    "zoom not followed": ({"zoom": 2.0}, {"metadata": {"ScalerCrop": (0, 308, 3280, 1845)}}),
    "all set": (
        {"focus_metres": 2.0, "flicker_hz": 60, "longest_exposure_ms": 25, "metering": "matrix", "backlight": True},
        MODULE_3,
    ),
    "HDR": ({"backlight": True}, MODULE_3 | {"pi_5": True}),
    "nothing offered": (
        {"focus_metres": 2.0, "flicker_hz": 50, "metering": "spot", "backlight": True},
        {"without": ["AeFlickerMode", "AeMeteringMode", "ExposureValue", "FrameDurationLimits", "AeExposureMode"]},
    ),
    "by number": ({"source": "picamera2:1"}, TWO),
    "by model": ({"source": "picamera2:imx708"}, TWO),
    "absent": ({"source": "picamera2:imx477"}, TWO),
    "none": ({}, {"sensors": []}),
    "busy": ({}, {"busy": True}),
    "no memory": ({}, {"no_memory": True}),
    "cable pulled": ({"stall_seconds": 1.0}, {"frames": 1}),
    "wrong mode": ({}, {"wrong_mode": True}),
    "wrong size": ({}, {"short": 1_000_000}),
}


def attempt(settings: dict[str, Any], bench: dict[str, Any]) -> dict[str, Any]:
    """Open, take frames and close."""
    libcamera.set_up(**bench)
    manager: Any = importlib.import_module("picamera2").Picamera2._cm
    if hasattr(manager, "reset"):
        manager.reset()  # it remembers the cameras of before
    source = Picamera(source_settings(CameraSettings(**settings)))
    try:
        source.open()
        for _frame in range(3):
            source.grab()
            luma = source.retrieve()
        facts = source.facts()
    except CameraError as error:
        return {"error": type(error).__name__, "text": str(error)}
    else:
        hardware = source._camera.camera
        return vars(facts) | {
            "shape": luma.shape,
            "level": int(luma[0, 0]),
            "turn": vars(source.turn),
            "mode": hardware.mode,
            "started": {name: str(value) for name, value in hardware.started.items()},
            "streams": [name for name, stream in source._camera.stream_map.items() if stream],
        }
    finally:
        source.close()


if __name__ == "__main__":
    fixed = {"orientation": sys.argv[2] == "new"}
    print(json.dumps({name: attempt(settings, bench | fixed) for name, (settings, bench) in SCENARIOS.items()}))
