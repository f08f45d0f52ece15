"""Which part of a sensor a picture shows: sensor modes, the crop within them, and the angle that results.

A sensor offers several modes. Some read the whole field, with neighbouring pixels joined; others only its middle.
picamera2 takes the mode whose size is nearest to the picture's, which on most sensors is one of the middle.
All rectangles are (x, y, width, height) in pixels of the sensor.
"""

import math
from collections.abc import Iterator
from typing import Any

from edge.camera.facts import Crop

Size = tuple[int, int]
Rectangle = tuple[int, int, int, int]

_JOINED = (4, 2, 1)
"""Numbers of pixels that a mode joins in each direction, the fewest bytes first."""
_ENLARGED = 1.25
"""A picture may be enlarged by so much: less reading for detail that a detector does not see."""
_WHOLE = 0.97
"""Share of a side from which it counts as all of it: some modes leave out a few pixels at the edges."""
_DEGREES = {"ov5647": 53.5, "imx219": 62.2, "imx500": 66.3, "imx708": 66.0, "imx708_wide": 102.0}
"""From left to right, of camera modules with a lens of their own (Raspberry Pi, Camera hardware specification)."""


def sensor_sizes(native: Size, picture: Size, zoom: float) -> Iterator[Size]:
    """Yield the sizes of the modes to try, the best first; the last is all pixels of the sensor."""
    for joined in _JOINED:
        size = native[0] // joined, native[1] // joined
        if joined == 1 or all(_ENLARGED * has >= zoom * wants for has, wants in zip(size, picture, strict=True)):
            yield size


def full_field(properties: dict[str, Any], native: Size) -> Size:
    """Return the size of the area that the lens fills, pixels."""
    areas = properties.get("PixelArrayActiveAreas")
    return (areas[0][2], areas[0][3]) if areas else native


def mode_field(properties: dict[str, Any], field: Size) -> Rectangle:
    """Return what the current mode reads."""
    x, y, width, height = properties.get("ScalerCropMaximum") or (0, 0, 0, 0)
    return (x, y, width, height) if width and height else (0, 0, *field)


def is_whole(mode: Rectangle, field: Size) -> bool:
    """Return whether a mode reads the whole field."""
    return mode[2] >= _WHOLE * field[0] and mode[3] >= _WHOLE * field[1]


def zoomed(mode: Rectangle, picture: Size, zoom: float) -> Rectangle:
    """Return the middle of what a mode reads, in the shape of the picture: its widest, divided by `zoom`."""
    x, y, width, height = mode
    shape = picture[0] / picture[1]
    wide = min(width, height * shape) / zoom
    high = wide / shape
    return round(x + (width - wide) / 2), round(y + (height - high) / 2), round(wide), round(high)


def shares(crop: Rectangle, field: Size) -> Crop | None:
    """Return a crop as shares of the field; None where it is no part of it."""
    left, top = (max(0.0, crop[side] / field[side]) for side in (0, 1))
    width, height = (min(1.0 - begin, crop[side + 2] / field[side]) for side, begin in ((0, left), (1, top)))
    return (left, top, width, height) if min(width, height) > 0 else None


def field_of_view(model: str, crop: Crop | None, field: Size, *, sideways: bool) -> float | None:
    """Return the angle from left to right of a picture, degrees; None where the lens is not known.

    Args:
        model: of the sensor, as libcamera names it.
        crop: what the picture shows.
        field: the size of the whole, pixels.
        sideways: whether the picture is turned by 90 or 270 degrees, so that its width is the sensor's height.

    """
    degrees = _DEGREES.get(model.removesuffix("_noir"))
    if degrees is None or crop is None:
        return None
    half = math.tan(math.radians(degrees / 2))
    share = crop[3] * field[1] / field[0] if sideways else crop[2]
    return round(math.degrees(2 * math.atan(half * share)), 1)
