"""Settings that only a Raspberry Pi camera follows."""

from edge.config import CameraSettings

_LONGEST_EXPOSURE = CameraSettings().longest_exposure_ms


def unsupported(settings: CameraSettings) -> tuple[str, ...]:
    """Return those settings that were changed and that no other source than picamera2 follows."""
    asked = {
        f"zoom={settings.zoom:g}": settings.zoom != 1,
        f"focus_metres={settings.focus_metres:g}": settings.focus_metres,
        f"flicker_hz={settings.flicker_hz}": settings.flicker_hz != "auto",
        f"longest_exposure_ms={settings.longest_exposure_ms:g}": settings.longest_exposure_ms != _LONGEST_EXPOSURE,
        f"metering={settings.metering}": settings.metering != "centre",
        "backlight=true": settings.backlight,
        "tuning_file": settings.tuning_file,
    }
    return tuple(f"{setting}: only a Raspberry Pi camera follows it" for setting, is_asked in asked.items() if is_asked)
