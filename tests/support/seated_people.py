"""Scenes of people who sit: heads from pictures (see `tests.support.pasted_people`) sway, come, leave and turn away."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma
from tests.conftest import DATA
from tests.support.pasted_people import Head, Place, cut_out, heads, paste
from tests.support.scenes import HEIGHT, NOISE, WIDTH, Scene, noisy, recorded, room, scaled

_LEAST_FACE = 48.0
"""Pixels: square root of the area of a face that is to be counted in a group."""


@dataclass(frozen=True)
class Sitter:
    """Someone in a made-up class: who, where they sit, since when and until when, and when they are turned away."""

    head: Head
    place: Place
    since: float = 0.0
    until: float = float("inf")
    turned: tuple[tuple[float, float], ...] = ()
    restless: float = 1.0

    def at(self, now: float) -> Place | None:
        """Return where the head is, or None where they are not there; heads sway, more or less `restless`."""
        if not self.since <= now < self.until:
            return None
        phase = self.place.x + 3 * self.place.y
        sway = 0.05 * self.restless * self.place.size
        x = self.place.x + sway * (np.sin(0.9 * now + phase) + 0.5 * np.sin(2.3 * now + 2 * phase))
        y = self.place.y + 0.6 * sway * np.sin(0.7 * now + 3 * phase)
        tilt = 3.0 * self.restless * np.sin(0.5 * now + phase)
        turned = max(
            (float(np.clip(min(now - begin, end - now) + 0.5, 0, 1)) for begin, end in self.turned), default=0.0
        )
        return Place(float(x), float(y), self.place.size, float(tilt), turned)


def seated(background: Callable[[], Luma], sitters: Callable[[], list[Sitter]]) -> Scene:
    """Return a scene of people in front of a background; one who has turned away by half or more is not in view."""
    half = 0.5
    behind, people = background(), sitters()

    def at(now: float) -> tuple[Luma, int]:
        picture, seen = behind.copy(), 0
        for sitter in people:
            place = sitter.at(now)
            if place:
                paste(picture, sitter.head, place)
                seen += place.turned < half
        return picture, seen

    return at


def newcomers() -> Scene:
    """Four sit still; from second 6 on another one comes every six seconds, and sits down at once."""

    def sitters() -> list[Sitter]:
        places = [(180 + 290 * (i % 4), 240 + 170 * (i // 4), 62.0 + 10 * (i // 4)) for i in range(12)]
        order = (1, 6, 11, 4, 0, 2, 3, 5, 7, 8, 9, 10)
        return [
            Sitter(head, Place(*places[seat]), since=max(0.0, 6.3 + 6 * (number - 4)) if number > 3 else 0.0)
            for number, (head, seat) in enumerate(zip(heads(12), order, strict=True))
        ]

    return noisy(seated(room, sitters))


def back_row() -> Scene:
    """A row in front, who move, and a back row of eight who sit still: faces of 32 to 40 pixels."""

    def sitters() -> list[Sitter]:
        every = heads(14)
        front = [Sitter(one, Place(200 + 180 * i, 520, 95.0)) for i, one in enumerate(every[:6])]
        sizes = (40, 38, 37, 36, 35, 34, 33, 32)
        places = [Place(130 + 145 * i, 250, float(size)) for i, size in enumerate(sizes)]
        back = [Sitter(one, place, restless=0.15) for one, place in zip(every[6:], places, strict=True)]
        return front + back

    return noisy(seated(room, sitters))


def group(file: str) -> Callable[[], Scene]:
    """Return the scene of the people of an annotated picture, whose heads sway; some come, leave or turn away.

    Of every four, one stays, one comes, one leaves, one turns away for three and then for twelve seconds. Faces that
    are small, hidden or blurred are taken out of the picture, so that the number of people is known.
    """

    def make() -> Scene:
        entry = next(one for one in _annotations() if one["file"] == file)
        luma, scale, left, top = scaled(read_luma(DATA / "faces-dev" / file))
        faces = [(x * scale - left, y * scale - top, w * scale, h * scale) for x, y, w, h in entry["boxes"]]
        shown = [face for face, one in zip(faces, entry["attrs"], strict=True) if _is_plain(face, one)]
        sitters = []
        for number, (x, y, w, h) in enumerate(sorted(shown)):
            place = Place(x + (w - 1) / 2, y + (h - 1) / 2, float(np.sqrt(w * h)))
            sitter = Sitter(cut_out(luma, (x, y, w, h), _IN_A_GROUP), place, restless=0.7)
            sitters.append(replace(sitter, **_TIMETABLE[number % len(_TIMETABLE)](number)))
        return noisy(seated(lambda: _without_faces(luma, faces), lambda: sitters))

    return make


_IN_A_GROUP = 0.25
"""Of the face's sides: others are near."""
_TIMETABLE: tuple[Callable[[int], dict[str, Any]], ...] = (
    lambda _number: {},
    lambda number: {"since": 5.2 + 4 * number},
    lambda number: {"until": 12.2 + 5 * number},
    lambda number: {"turned": ((10.0 + number, 13.0 + number), (30.0 + number, 42.0 + number))},
)


@cache
def _annotations() -> list[dict[str, Any]]:
    annotations: list[dict[str, Any]] = json.loads((DATA / "faces-dev" / "annotations.json").read_text())
    return annotations


def _is_plain(face: Sequence[float], attributes: dict[str, int]) -> bool:
    """Whether a face (x, y, width, height) lies in the frame, large, frontal, neither hidden nor blurred."""
    x, y, width, height = face
    inside = x > 0 and y > 0 and x + width < WIDTH and y + height < HEIGHT
    usual = not attributes["pose"] and not attributes["blur"] and attributes["occlusion"] < 2
    return inside and usual and np.sqrt(width * height) >= _LEAST_FACE


def _without_faces(luma: Luma, faces: Sequence[Sequence[float]]) -> Luma:
    """Return the frame with every face filled in smoothly from around it."""
    mask = np.zeros(luma.shape, np.uint8)
    for x, y, width, height in faces:
        middle = (round(x + width / 2), round(y + height / 2))
        cv2.ellipse(mask, middle, (round(0.7 * width), round(0.7 * height)), 0, 0, 360, (255,), cv2.FILLED)
    small = tuple(side // 4 for side in luma.shape[::-1])
    coarse = cv2.resize(mask, small, interpolation=cv2.INTER_LINEAR)
    filled_in = cv2.inpaint(cv2.resize(luma, small, interpolation=cv2.INTER_AREA), (coarse > 0).astype(np.uint8), 4, 1)
    smooth = cv2.resize(filled_in, luma.shape[::-1], interpolation=cv2.INTER_CUBIC)
    weight = cv2.GaussianBlur(mask, (0, 0), 2).astype(np.float32) / 255
    return np.clip(np.rint(weight * smooth + (1 - weight) * luma), 0, 255).astype(np.uint8)


def _class(*, moved: bool = False) -> Scene:
    """Return eight people who sit in the room, without noise; `moved`: as `camera_moved` sees them later."""
    zoom, right, down = (1.05, 0.18 * WIDTH, -18.0) if moved else (1.0, 0.0, 0.0)

    def behind() -> Luma:
        turn = np.array([[zoom, 0, right], [0, zoom, down]], np.float32)
        return np.asarray(cv2.warpAffine(room(), turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)

    def sitters() -> list[Sitter]:
        places = [(160 + 220 * (i % 4), 250 + 200 * (i // 4), 62.0 + 14 * (i // 4)) for i in range(8)]
        seen = [Place(zoom * x + right, zoom * y + down, zoom * size) for x, y, size in places]
        return [Sitter(head, place) for head, place in zip(heads(8), seen, strict=True)]

    return seated(behind, sitters)


MOVED_AT = 30.0


def camera_moved() -> Scene:
    """Eight people; at `MOVED_AT` the camera is turned by a fifth of the picture and zoomed in by 5 %."""
    before, after = _class(), _class(moved=True)
    return noisy(lambda now: (after if now >= MOVED_AT else before)(now))


LIGHTS_OFF, LIGHTS_ON = 25.0, 35.0


def lights_off() -> Scene:
    """Eight people; between `LIGHTS_OFF` and `LIGHTS_ON` it is dark. They stay."""
    lit = _class()

    def at(now: float) -> tuple[Luma, int]:
        luma, people = lit(now)
        dark = LIGHTS_OFF <= now < LIGHTS_ON
        return recorded(luma * np.float32(0.03 if dark else 1.0), now, 1.0 if dark else NOISE), people

    return at


BLINDS = (20.0, 40.0)


def blinds() -> Scene:
    """Eight people; from one frame to the next the room loses half of its light, and gets it back 20 seconds later."""
    lit = _class()

    def at(now: float) -> tuple[Luma, int]:
        luma, people = lit(now)
        return recorded(luma * np.float32(0.5 if BLINDS[0] <= now < BLINDS[1] else 1.0), now), people

    return at
