"""Two sensors with their modes, and the limits of their controls, as rpicam-hello and v4l2-ctl show the real ones."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sensor:
    """A sensor: its whole field, what each mode reads of it (the first mode is a crop), and whether the lens moves."""

    model: str
    field: tuple[int, int]
    modes: dict[tuple[int, int], tuple[int, int, int, int]]
    lens: bool = False


SENSORS = {
    "imx219": Sensor(
        "imx219",
        (3280, 2464),
        {
            (1920, 1080): (680, 692, 1920, 1080),
            (640, 480): (1000, 752, 1280, 960),
            (1640, 1232): (0, 0, 3280, 2464),
            (3280, 2464): (0, 0, 3280, 2464),
        },
    ),
    "imx708": Sensor(
        "imx708",
        (4608, 2592),
        {
            (1536, 864): (768, 432, 3072, 1728),
            (2304, 1296): (0, 0, 4608, 2592),
            (4608, 2592): (0, 0, 4608, 2592),
        },
        lens=True,
    ),
}
RAW_FORMAT = "SRGGB10_CSI2P"
LIMITS: dict[str, tuple[Any, Any, Any]] = {
    "AeEnable": (False, True, True),
    "ExposureTime": (75, 66_666, 20_000),
    "AnalogueGain": (1.0, 16.0, 1.0),
    "AeMeteringMode": (0, 3, 0),
    "AeConstraintMode": (0, 3, 0),
    "AeExposureMode": (0, 3, 0),
    "ExposureValue": (-8.0, 8.0, 0.0),
    "AeFlickerMode": (0, 1, 0),
    "AeFlickerPeriod": (100, 1_000_000, 100),
    "HdrMode": (0, 4, 0),
    "FrameDurationLimits": (20_000, 1_000_000, 20_000),
    "NoiseReductionMode": (0, 4, 0),
}
LENS_LIMITS = {"AfMode": (0, 2, 0), "AfSpeed": (0, 1, 0), "AfTrigger": (0, 1, 0), "LensPosition": (0.0, 32.0, 1.0)}
