"""What a camera says about itself once it delivers frames: for `aim`, `doctor` and the log.

The process that reads the camera sends it before the first frame. That process decodes foreign bytes, so the observer
checks the facts as it checks any message: a few short texts and numbers, each within its bounds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

Crop = tuple[float, float, float, float]
"""Left, top, width and height, each as a share from 0 to 1 of the sensor's full field, before any rotation."""

ROTATIONS = (0, 90, 180, 270)
_MOST_TEXTS = 24
_MOST_CHARACTERS = 200
_MOST_DEGREES = 180.0
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CameraFacts:
    """Facts about an open camera.

    Attributes:
        model: of the sensor or camera, printable ASCII; empty where unknown.
        crop: the part of the sensor that the picture shows; None where unknown.
        field_of_view: of the delivered picture from left to right (after any rotation), degrees; None where the lens
            is unknown.
        rotation: of the delivered picture, degrees clockwise: 0, 90, 180 or 270.
        applied: settings that were read back from the camera, each `name=value`.
        refused: settings that the camera does not follow, each with what it does instead.
        is_whole: whether the sensor reads its whole field; in another mode people at the sides are outside the picture.

    """

    model: str = ""
    crop: Crop | None = None
    field_of_view: float | None = None
    rotation: int = 0
    applied: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    is_whole: bool = True

    @classmethod
    def of_message(cls, values: dict[str, Any]) -> Self:
        """Return the facts of a decoded message.

        Raises:
            ValueError: a value has another type, or is beyond its bounds.
            TypeError: a key is missing, or is none of these.

        """
        lists = {name: tuple(_array(values[name])) for name in ("applied", "refused") if name in values}
        crop = values.get("crop")
        facts = cls(**values | lists | {"crop": None if crop is None else tuple(_array(crop))})
        if not facts.is_sound:
            raise ValueError(values)
        return facts

    @property
    def is_sound(self) -> bool:
        """Whether every value has its type and is within its bounds."""
        texts = (*self.applied, *self.refused)
        angle = self.field_of_view
        return (
            _is_text(self.model)
            and max(len(self.applied), len(self.refused)) <= _MOST_TEXTS
            and all(map(_is_text, texts))
            and type(self.is_whole) is bool
            and type(self.rotation) is int
            and self.rotation in ROTATIONS
            and (angle is None or (_is_number(angle) and 0 < angle < _MOST_DEGREES))
            and (self.crop is None or _is_crop(self.crop))
        )

    def bounded(self) -> Self:
        """Return the facts with each text and each list cut to its bound, and other characters than ASCII replaced."""
        applied, refused = (tuple(map(_cut, texts[:_MOST_TEXTS])) for texts in (self.applied, self.refused))
        return replace(self, model=_cut(self.model), applied=applied, refused=refused)


def _array(value: Any) -> Iterable[Any]:  # noqa: ANN401 - any value of JSON
    if not isinstance(value, list | tuple):
        raise ValueError(value)  # noqa: TRY004 - one error for every message that is none
    return value


def _cut(text: str) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text[:_MOST_CHARACTERS])


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value == _cut(value)


def _is_number(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(value)  # type: ignore[arg-type]


def _is_crop(crop: tuple[object, ...]) -> bool:
    if len(crop) != 4 or not all(_is_number(share) and 0 <= share <= 1 for share in crop):  # type: ignore[operator] # noqa: PLR2004
        return False
    left, top, width, height = (float(share) for share in crop)  # type: ignore[arg-type]
    return min(width, height) > 0 and left + width <= 1 + _TOLERANCE and top + height <= 1 + _TOLERANCE
