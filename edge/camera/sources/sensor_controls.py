"""Which controls of libcamera follow from `[camera]`, as far as the camera offers them.

The numbers are those of libcamera's control_ids_core.yaml; older releases of its Python binding do not name all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.camera.mains import machine_zone, mains_hertz
from edge.camera.sources.base import SourceSettings

Offered = Mapping[str, tuple[Any, Any, Any]]
"""`Picamera2.camera_controls`: least, greatest and usual value of each control."""

LEAST_RATE = 10.0  # frames per second of the sensor: the newest is at most 100 ms old, and the Pi stays cool
FIXED, CONTINUOUS = 0, 2
"""`AfMode`."""
_SHORT = 1
"""`AeExposureMode`: longer than 20 ms only where the gain alone is not enough."""
_METERING = {"centre": 0, "spot": 1, "matrix": 2}
"""`AeMeteringMode`."""
_FLICKER_OFF, _FLICKER_MANUAL, _FLICKER_AUTO = 0, 1, 2
"""`AeFlickerMode`."""
_HDR_SINGLE = 3
"""`HdrMode`: several exposures of one frame are joined in hardware, which only the Pi 5 has."""
_PI_5 = "ScalerCrops"
"""A control that only the image processor of the Pi 5 has."""
_BRIGHTER = 1.0
"""`ExposureValue`, stops: people before a window are about that much darker than the average of the picture."""


@dataclass
class Choice:
    """The controls to set.

    Attributes:
        values: by the name of the control.
        refused: settings that the camera cannot follow, and what it does instead.

    """

    values: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def set(self, offered: Offered, values: dict[str, Any], setting: str = "", instead: str = "") -> bool:
        """Set controls if the camera offers all of them; otherwise note that `setting` is refused, if there is one."""
        possible = all(name in offered and _allows(offered[name], value) for name, value in values.items())
        if possible:
            self.values |= values
        elif setting:
            self.refused.append(f"{setting}: {instead}")
        return possible


def choose(settings: SourceSettings, offered: Offered) -> Choice:
    """Return the controls for a camera that offers `offered`."""
    choice = Choice()
    _pace(settings, offered, choice)
    _light(settings, offered, choice)
    _flicker(settings, offered, choice)
    _focus(settings, offered, choice)
    return choice


def nearest(limits: tuple[Any, Any, Any], value: float) -> float:
    """Return the value that a control allows and that is nearest to `value`."""
    return float(max(limits[0], min(limits[1], value)))


def _allows(limits: tuple[Any, Any, Any], value: object) -> bool:
    least, greatest = limits[:2]
    if (
        not isinstance(value, int | float)
        or not isinstance(least, int | float)
        or not isinstance(greatest, int | float)
    ):
        return True  # a pair, or a rectangle: the camera corrects it
    return bool(least <= value <= greatest)


def _pace(settings: SourceSettings, offered: Offered, choice: Choice) -> None:
    """Slow the sensor down, as far as that allows no longer exposure than wanted: none is longer than its frame."""
    limits = offered.get("FrameDurationLimits")
    longest = 1000 * settings.longest_exposure_ms
    if limits is not None:
        wanted = min(1e6 / max(LEAST_RATE, settings.frames_per_second), longest)
        duration = round(nearest(limits, wanted))
        choice.values["FrameDurationLimits"] = (duration, duration)
        if duration > longest:
            asked = f"longest_exposure_ms={settings.longest_exposure_ms:g}"
            choice.refused.append(f"{asked}: the sensor needs {duration / 1000:.0f} ms a frame")
    choice.set(offered, {"AeExposureMode": _SHORT})


def _light(settings: SourceSettings, offered: Offered, choice: Choice) -> None:
    asked = f"metering={settings.metering}" if settings.metering != "centre" else ""
    choice.set(offered, {"AeMeteringMode": _METERING[settings.metering]}, asked, "the camera has no such metering")
    if not settings.backlight:
        return
    if _PI_5 not in offered or not choice.set(offered, {"HdrMode": _HDR_SINGLE}):
        choice.set(offered, {"ExposureValue": _BRIGHTER}, "backlight=true", "the camera has no control for it")


def _flicker(settings: SourceSettings, offered: Offered, choice: Choice) -> None:
    hertz = settings.flicker_hz
    asked = "" if hertz == "auto" else f"flicker_hz={hertz}"
    if hertz == 0:
        choice.set(offered, {"AeFlickerMode": _FLICKER_OFF})
        return
    if hertz == "auto" and choice.set(offered, {"AeFlickerMode": _FLICKER_AUTO}):
        return
    mains = mains_hertz(machine_zone()) if hertz == "auto" else hertz
    period = round(1e6 / (2 * mains))
    values = {"AeFlickerMode": _FLICKER_MANUAL, "AeFlickerPeriod": period}
    choice.set(offered, values, asked, "the camera does not avoid flicker")


def _focus(settings: SourceSettings, offered: Offered, choice: Choice) -> None:
    if not settings.focus_metres:
        choice.set(offered, {"AfMode": CONTINUOUS})
        return
    asked = f"focus_metres={settings.focus_metres:g}"
    if "LensPosition" not in offered:
        choice.refused.append(f"{asked}: the lens cannot be moved")
        return
    position = nearest(offered["LensPosition"], 1 / settings.focus_metres)
    choice.set(offered, {"AfMode": FIXED, "LensPosition": position}, asked, "the focus cannot be fixed")
