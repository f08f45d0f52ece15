"""What a camera made of its settings, by the metadata of a frame.

Of controls that choose a mode (metering, flicker), libcamera returns nothing: what counts is that it offers them.
"""

from typing import Any

from edge.camera.sources.base import SourceSettings
from edge.camera.sources.sensor_controls import Choice, Offered

_NEAR = 0.1
"""Share by which a value may differ: sensors count in lines, image processors in blocks."""
_DIOPTRES = 0.2


def read_back(
    settings: SourceSettings, choice: Choice, metadata: dict[str, Any], offered: Offered
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was read back as it was set, each `name=value`, and what the camera did not follow."""
    applied: list[str] = []
    refused = list(choice.refused)
    for name, (wanted, actual, tolerance) in _measured(settings, choice, metadata).items():
        if actual is None:
            continue
        if abs(actual - wanted) <= tolerance or (name == "longest_exposure_ms" and actual < wanted):
            applied.append(f"{name}={wanted:g}")
        else:
            refused.append(f"{name}={wanted:g}: the camera has {actual:.3g}")
    modes = (
        "AeExposureMode",
        "AeMeteringMode",
        "AeFlickerMode",
        "AeFlickerPeriod",
        "AfMode",
        "HdrMode",
        "ExposureValue",
    )
    applied += [f"{name}={choice.values[name]:g}" for name in modes if name in choice.values and name in offered]
    if choice.values.get("HdrMode", 0) != metadata.get("HdrMode", choice.values.get("HdrMode", 0)):
        refused.append("backlight=true: the tuning of this camera has no HDR")
    return tuple(applied), tuple(refused)


def _measured(
    settings: SourceSettings, choice: Choice, metadata: dict[str, Any]
) -> dict[str, tuple[float, float | None, float]]:
    """Return wanted value, actual one (None where unknown) and tolerance of each setting that can be measured."""
    values: dict[str, tuple[float, float | None, float]] = {}
    crops = choice.values.get("ScalerCrops") or [choice.values.get("ScalerCrop")]
    if crops[0] and metadata.get("ScalerCrop"):
        zoom = settings.zoom
        values["zoom"] = zoom, zoom * crops[0][2] / max(1, metadata["ScalerCrop"][2]), _NEAR * zoom
    exposure, longest = metadata.get("ExposureTime"), settings.longest_exposure_ms
    values["longest_exposure_ms"] = longest, None if exposure is None else exposure / 1000, _NEAR * longest
    if "LensPosition" in choice.values:
        values["LensPosition"] = choice.values["LensPosition"], metadata.get("LensPosition"), _DIOPTRES
    return values
