"""Plain values of the binding: sizes, formats, names of controls. They compare by their fields."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Value:
    """Compares and hashes by its fields."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(map(str, vars(self).values())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{tuple(vars(self).values())}"

    __str__ = __repr__


class Size(Value):
    def __init__(self, width: int = 0, height: int = 0) -> None:
        self.width, self.height = width, height


class Rectangle(Value):
    def __init__(self, x: int = 0, y: int = 0, width: int = 0, height: int = 0) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height


class Transform(Value):
    def __init__(self, other: Any = None, *, hflip: int = 0, vflip: int = 0, transpose: int = 0) -> None:
        self.hflip, self.vflip, self.transpose = bool(hflip), bool(vflip), bool(transpose)
        if other is not None:
            vars(self).update(vars(other))


Orientation = Enum(
    "Orientation",
    "Rotate0 Rotate0Mirror Rotate180 Rotate180Mirror Rotate90Mirror Rotate270 Rotate270Mirror Rotate90",
)
StreamRole = Enum("StreamRole", "Raw StillCapture VideoRecording Viewfinder")
ControlType = Enum("ControlType", "Null Bool Byte Integer32 Integer64 Float String Rectangle Size")


class ColorSpace(Value):
    Primaries = Enum("Primaries", "Raw Rec709 Smpte170m")
    YcbcrEncoding = Enum("YcbcrEncoding", "Null Rec601")
    Range = Enum("Range", "Full Limited")

    def __init__(self, other: Any = None, primaries: Any = Primaries.Rec709, limits: Any = Range.Full) -> None:
        self.primaries, self.transferFunction, self.ycbcrEncoding, self.range = primaries, "Srgb", None, limits
        if other is not None:
            vars(self).update(vars(other))

    @classmethod
    def Sycc(cls) -> "ColorSpace":  # noqa: N802 - libcamera's name, as are those below
        return cls()

    @classmethod
    def Rec709(cls) -> "ColorSpace":  # noqa: N802
        return cls(limits=cls.Range.Limited)

    @classmethod
    def Smpte170m(cls) -> "ColorSpace":  # noqa: N802
        return cls(primaries=cls.Primaries.Smpte170m)

    @classmethod
    def Raw(cls) -> "ColorSpace":  # noqa: N802
        return cls(primaries=cls.Primaries.Raw)


class PixelFormat(Value):
    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class ControlId(Value):
    def __init__(self, name: str, kind: Any = ControlType.Integer32) -> None:
        self.name, self.type = name, kind


@dataclass
class ControlInfo:
    min: Any
    max: Any
    default: Any
