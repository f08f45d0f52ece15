"""Heads cut out of annotated pictures, to be put where and when a scene needs someone."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma
from tests.conftest import DATA

_AROUND = 0.55
"""Share of the face's sides that is cut out with it at every side: hair and neck, which detectors look at too."""
_FADE = 0.16
"""Share of a patch's radius over which it fades into the picture."""
_LARGE = 60.0
"""Least size of a face in the picture that it is cut from."""
_FRONTAL = (0, 1, 2, 7, 8, 14, 15, 22, 24, 25, 30, 32, 33, 41, 53, 54, 57, 61)
"""Of the candidates those who look at the camera, chosen by eye: the annotation calls half profiles frontal too."""


@dataclass(frozen=True)
class Head:
    """A head as it was cut out.

    Attributes:
        patch: (height, width) uint8; the face is in the middle.
        face: width and height of the face in it.

    """

    patch: Luma
    face: tuple[float, float]

    @property
    def size(self) -> float:
        """Pixels: square root of the face's area."""
        return float(np.sqrt(self.face[0] * self.face[1]))


@dataclass(frozen=True)
class Place:
    """Where and how a head is painted.

    Attributes:
        x: of the middle of the face, pixels; fractions count.
        y: the same.
        size: of the face, pixels: square root of its area.
        tilt: degrees.
        turned: 0 looks at the camera, 1 shows the back of the head.

    """

    x: float
    y: float
    size: float
    tilt: float = 0.0
    turned: float = 0.0


@cache
def heads(many: int) -> tuple[Head, ...]:
    """Return `many` heads whose faces look at the camera, sharp, evenly lit and not hidden; all of other people."""
    wanted = _FRONTAL[:many]
    found = dict(zip(range(max(wanted) + 1), _candidates(), strict=False))
    return tuple(found[number] for number in wanted)


def _candidates() -> Iterator[Head]:
    """Yield one head a picture: the annotation calls the face frontal and sharp, and nobody else is near."""
    for entry in json.loads((DATA / "faces-dev" / "annotations.json").read_text()):
        for number, (box, attributes) in enumerate(zip(entry["boxes"], entry.get("attrs", []), strict=True)):
            if not any(attributes.values()) and np.sqrt(box[2] * box[3]) >= _LARGE and _is_alone(entry, number):
                yield cut_out(read_luma(DATA / "faces-dev" / entry["file"]), box)
                break


def cut_out(luma: Luma, box: Sequence[float], around: float = _AROUND) -> Head:
    """Return the head with the face `box` (x, y, width, height) of a picture.

    `around` is the share of the face's sides that is cut out with it at every side; less of it at the picture's border.
    """
    x, y, width, height = box
    reach = min(around, x / width, y / height)
    reach = max(0.0, min(reach, (luma.shape[1] - x - width) / width, (luma.shape[0] - y - height) / height))
    left, top, right, bottom = _around(box, reach)
    return Head(luma[top:bottom, left:right], (width, height))


def paste(picture: Luma, head: Head, place: Place) -> None:
    """Paint a head into a (height, width) uint8 picture, in place."""
    scale = place.size / head.size
    patch, visible = _turned(head, place.turned)
    shrunk = cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    weight = cv2.resize(visible, shrunk.shape[::-1], interpolation=cv2.INTER_LINEAR)
    reach = int(np.ceil(np.hypot(shrunk.shape[0], shrunk.shape[1]) / 2)) + 1
    left, top = int(np.floor(place.x)) - reach, int(np.floor(place.y)) - reach
    turn = cv2.getRotationMatrix2D(((shrunk.shape[1] - 1) / 2, (shrunk.shape[0] - 1) / 2), place.tilt, 1.0)
    turn[0, 2] += place.x - left - (shrunk.shape[1] - 1) / 2
    turn[1, 2] += place.y - top - (shrunk.shape[0] - 1) / 2
    size = (2 * reach, 2 * reach)
    moved = cv2.warpAffine(shrunk.astype(np.float32), turn, size, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(weight, turn, size)
    ys, xs = slice(max(0, top), top + 2 * reach), slice(max(0, left), left + 2 * reach)
    under = picture[ys, xs]
    rows, columns = slice(max(0, -top), None), slice(max(0, -left), None)
    moved, mask = (part[rows, columns][: under.shape[0], : under.shape[1]] for part in (moved, mask))
    under[:] = np.clip(np.rint(mask * moved + (1 - mask) * under), 0, 255)


def _around(box: Sequence[float], reach: float = _AROUND) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the part to cut out around a face."""
    x, y, width, height = box
    left, top = round(x - reach * width), round(y - reach * height)
    return left, top, round(x + (1 + reach) * width), round(y + (1 + reach) * height)


def _is_alone(entry: dict[str, Any], number: int) -> bool:
    """Whether the head lies inside the picture and shows no other face."""
    left, top, right, bottom = _around(entry["boxes"][number])
    if left < 0 or top < 0 or right > entry["width"] or bottom > entry["height"]:
        return False
    others = [box for other, box in enumerate(entry["boxes"]) if other != number]
    return not any(x < right and x + w > left and y < bottom and y + h > top for x, y, w, h in others)


def _turned(head: Head, share: float) -> tuple[Luma, NDArray[np.float32]]:
    """Return the patch and how much of it is painted; hair moves over the face of a head that turns away."""
    height, width = head.patch.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    visible = np.clip((1 - np.hypot(x, y)) / _FADE, 0, 1).astype(np.float32)
    if not share:
        return head.patch, visible
    covered = np.clip((2.4 * share - 1.2 - x) / 0.1, 0, 1) * np.clip((0.8 - np.hypot(x, y)) / 0.1, 0, 1)
    hair = float(np.percentile(head.patch[: height // 3], 20)) + 12 * np.cos(2 * x) * np.cos(2 * y)
    return np.clip(np.rint(covered * hair + (1 - covered) * head.patch), 0, 255).astype(np.uint8), visible
