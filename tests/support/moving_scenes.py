"""Scenes as a camera in a room sees them, made from pictures and clips, with the number of people in view.

A scene is a function from a time to a (height, width) uint8 frame and the number of people whose face it shows. The
same time gives the same frame. All but those of `mosaic12` have the noise of a sensor, new in every frame.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma
from edge.config import CameraSettings
from tests.conftest import DATA
from tests.support.clips import read_clip
from tests.support.leaving import CLIP, PEOPLE, absent, without
from tests.support.pasted_people import Head, Place, cut_out, heads, paste

HEIGHT, WIDTH = 720, 1280
SECONDS = 60.0
NOISE = 2.5
"""Grey levels: a sensor's noise in a classroom's light."""
_IN_THE_CLASSROOM = 4
_LEAST_FACE = 48.0
"""Pixels: square root of the area of a face that is to be counted in a group."""
Scene = Callable[[float], tuple[Luma, int]]
_ROOM = "noface/indoor_235_bedroom.jpg"
"""A bright room with a bed, one window and large white walls."""


@dataclass(frozen=True)
class Frame:
    """One frame of a scene: its time in seconds, the picture, the number of people in view."""

    seconds: float
    luma: Luma
    people: int


@dataclass(frozen=True)
class Clip:
    """A scene that is played at the default pace of a device.

    Attributes:
        scene: what it shows.
        seconds: how long.
        disturbed: seconds at which light or camera change as a whole; the count should soon be right again.

    """

    scene: Callable[[], Scene]
    seconds: float = SECONDS
    disturbed: tuple[float, ...] = ()

    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Yield the frames of the first `seconds`, or of all."""
        scene, pace = self.scene(), CameraSettings().frames_per_second
        for number in range(round(min(seconds or self.seconds, self.seconds) * pace)):
            yield Frame(number / pace, *scene(number / pace))


def _noisy(scene: Scene, level: float = NOISE) -> Scene:
    """Return the scene as a sensor with noise records it."""

    def at(now: float) -> tuple[Luma, int]:
        luma, people = scene(now)
        return _recorded(luma.astype(np.float32), now, level), people

    return at


def _recorded(light: NDArray[np.float32], now: float, level: float = NOISE) -> Luma:
    noise = np.random.default_rng(round(1000 * now)).standard_normal(light.shape, np.float32)
    recorded: Luma = np.clip(np.rint(light + level * noise), 0, 255).astype(np.uint8)
    return recorded


@cache
def _clip(name: str) -> tuple[list[Luma], float]:
    """Return the frames of a clip, as large as a frame, and how many a second has."""
    frames, rate = read_clip(name)
    return [cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) for one in frames], rate


@cache
def _room() -> Luma:
    """Return the empty room, (720, 1280) uint8."""
    return _scaled(read_luma(DATA / "faces-dev" / _ROOM))[0]


def _scaled(luma: Luma) -> tuple[Luma, float, int, int]:
    """Return the middle of a picture, scaled to fill a frame, with the scale, and what is cut off left and top."""
    scale = max(WIDTH / luma.shape[1], HEIGHT / luma.shape[0])
    large = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - HEIGHT) // 2, (large.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT, left : left + WIDTH]), scale, left, top


def mosaic() -> Scene:
    """Twelve people who move all the time; the clip of nine seconds over and over."""
    frames, rate = _clip(CLIP)
    return lambda now: (frames[round(now * rate) % len(frames)], PEOPLE)


def classroom() -> Scene:
    """Four people of a real class, who move little; the clip of three seconds forth and back, so that nobody jumps."""
    return _noisy(_there_and_back(*_clip("classroom.gif")))


def classroom_native() -> Scene:
    """The same in the pixels of the clip, 480 x 270."""
    return _noisy(_there_and_back(*read_clip("classroom.gif")))


def _there_and_back(frames: list[Luma], rate: float) -> Scene:
    loop = frames + frames[-2:0:-1]
    return lambda now: (loop[round(now * rate) % len(loop)], _IN_THE_CLASSROOM)


def empty() -> Scene:
    """Nobody, and nothing that moves."""
    return _noisy(lambda _now: (_room(), 0))


def daylight() -> Scene:
    """Nobody; in a minute a cloud takes 40 % of the light at the window and 15 % at the other side of the room."""
    across = np.linspace(0.4, 0.15, WIDTH, dtype=np.float32)

    def at(now: float) -> tuple[Luma, int]:
        cloud = (1 - np.cos(np.pi * now / SECONDS)) / 2
        return _recorded(_room() * (1 - cloud * across), now), 0

    return at


def projector() -> Scene:
    """Nobody; a projector on the wall shows another slide of text or a chart every four seconds."""
    left, top, width, height = 520, 90, 560, 330

    def at(now: float) -> tuple[Luma, int]:
        picture = _room().copy()
        slide = _slide(int(now // 4), width, height)
        wall = picture[top : top + height, left : left + width]
        wall[:] = np.clip(0.45 * wall + 0.55 * slide, 0, 255)
        return picture, 0

    return _noisy(at)


@cache
def _slide(number: int, width: int, height: int) -> Luma:
    """Return a slide with a title and either lines of words or a bar chart."""
    generator = np.random.default_rng(number)
    slide = np.full((height, width), generator.choice((250, 235, 40)), np.uint8)
    ink = 20 if slide[0, 0] > 100 else 240
    cv2.putText(slide, f"Chapter {number + 1}", (30, 60), cv2.FONT_HERSHEY_DUPLEX, 1.5, ink, 3, cv2.LINE_AA)
    if number % 2:
        for column in range(8):
            bar = int(generator.integers(30, height - 120))
            left = 40 + column * (width - 80) // 8
            shade = int(generator.integers(60, 200))
            cv2.rectangle(slide, (left, height - 30 - bar), (left + 40, height - 30), shade, cv2.FILLED)
        return slide
    for line in range(6):
        x = 40
        while x < width - 90:
            word = int(generator.integers(20, 80))
            cv2.line(slide, (x, 110 + 36 * line), (x + word, 110 + 36 * line), ink, 8)
            x += word + 16
    return slide


def fan() -> Scene:
    """Nobody; a table fan of 140 pixels turns, its blades blurred."""
    x, y, radius = 980, 470, 70

    def at(now: float) -> tuple[Luma, int]:
        picture = _room().copy()
        cv2.line(picture, (x, y), (x, y + 150), 60, 12, cv2.LINE_AA)
        cv2.ellipse(picture, (x, y + 150), (50, 12), 0, 0, 360, 60, cv2.FILLED, cv2.LINE_AA)
        blades = picture.astype(np.float32)
        for blade in range(3):
            middle = 360 * 2.3 * now + 120 * blade
            for blur in range(-18, 19, 6):
                painted = picture.copy()
                angles = (middle + blur - 25, middle + blur + 25)
                cv2.ellipse(painted, (x, y), (radius, radius), 0, *angles, 90, cv2.FILLED, cv2.LINE_AA)
                blades += (painted.astype(np.float32) - picture) / 7
        moved = np.clip(np.rint(blades), 0, 255).astype(np.uint8)
        cv2.circle(moved, (x, y), radius + 4, 50, 3, cv2.LINE_AA)
        cv2.circle(moved, (x, y), 12, 50, cv2.FILLED, cv2.LINE_AA)
        return moved, 0

    return _noisy(at)


def rain() -> Scene:
    """Nobody; rain runs down a window of 330 x 400 pixels."""
    left, top, width, height = 700, 60, 330, 400

    def at(now: float) -> tuple[Luma, int]:
        picture = _room().copy()
        pane = np.linspace(190, 130, height, dtype=np.float32)[:, None] * np.ones(width, np.float32)
        generator = np.random.default_rng(round(1000 * now))
        for _ in range(140):
            x, y, length = (int(generator.integers(0, most)) for most in (width, height, 60))
            shade = float(generator.choice((70, 110, 225)))
            cv2.line(pane, (x, y), (x + 2, y + 8 + length), shade, 2, cv2.LINE_AA)
        pane = cv2.GaussianBlur(pane, (0, 0), 0.8)
        for bar in (0, width // 2 - 5, width - 10):
            pane[:, bar : bar + 10] = 240
        picture[top : top + height, left : left + width] = pane
        return picture, 0

    return _noisy(at)


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

    return _noisy(seated(_room, sitters))


def newcomers_mosaic() -> Scene:
    """The people of `mosaic12`, who move all the time, come one after the other, every 4.5 seconds."""
    frames, rate = _clip(CLIP)

    def at(now: float) -> tuple[Luma, int]:
        there = min(PEOPLE, int((now + 0.2) // 4.5))
        return without(frames[round(now * rate) % len(frames)], set(range(there, PEOPLE))), there

    return _noisy(at, 1.0)


def back_row() -> Scene:
    """Two rows in front, who move, and a back row of eight who sit still: faces of 34 to 48 pixels."""

    def sitters() -> list[Sitter]:
        every = heads(14)
        front = [Sitter(one, Place(200 + 180 * i, 520, 95.0)) for i, one in enumerate(every[:6])]
        sizes = (48, 46, 44, 42, 40, 38, 36, 34)
        places = [Place(130 + 145 * i, 250, float(size)) for i, size in enumerate(sizes)]
        back = [Sitter(one, place, restless=0.15) for one, place in zip(every[6:], places, strict=True)]
        return front + back

    return _noisy(seated(_room, sitters))


def group(file: str) -> Callable[[], Scene]:
    """Return the scene of the people of an annotated picture, whose heads sway; some come, leave or turn away.

    Of every four, one stays, one comes, one leaves, one turns away for three and then for twelve seconds. Faces that
    are small, hidden or blurred are taken out of the picture, so that the number of people is known.
    """

    def make() -> Scene:
        entry = next(one for one in _annotations() if one["file"] == file)
        luma, scale, left, top = _scaled(read_luma(DATA / "faces-dev" / file))
        faces = [(x * scale - left, y * scale - top, w * scale, h * scale) for x, y, w, h in entry["boxes"]]
        shown = [face for face, one in zip(faces, entry["attrs"], strict=True) if _is_plain(face, one)]
        sitters = []
        for number, (x, y, w, h) in enumerate(sorted(shown)):
            place = Place(x + (w - 1) / 2, y + (h - 1) / 2, float(np.sqrt(w * h)))
            sitter = Sitter(cut_out(luma, (x, y, w, h), _IN_A_GROUP), place, restless=0.7)
            sitters.append(replace(sitter, **_TIMETABLE[number % len(_TIMETABLE)](number)))
        return _noisy(seated(lambda: _without_faces(luma, faces), lambda: sitters))

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


def _is_plain(face: tuple[float, ...], attributes: dict[str, int]) -> bool:
    """Whether a face (x, y, width, height) lies in the frame, large, frontal, neither hidden nor blurred."""
    x, y, width, height = face
    inside = x > 0 and y > 0 and x + width < WIDTH and y + height < HEIGHT
    usual = not attributes["pose"] and not attributes["blur"] and attributes["occlusion"] < 2
    return inside and usual and np.sqrt(width * height) >= _LEAST_FACE


def _without_faces(luma: Luma, faces: list[tuple[float, ...]]) -> Luma:
    """Return the frame with every face filled in smoothly from around it."""
    mask = np.zeros(luma.shape, np.uint8)
    for x, y, width, height in faces:
        middle = (round(x + width / 2), round(y + height / 2))
        cv2.ellipse(mask, middle, (round(0.7 * width), round(0.7 * height)), 0, 0, 360, 255, cv2.FILLED)
    small = tuple(side // 4 for side in luma.shape[::-1])
    coarse = cv2.resize(mask, small, interpolation=cv2.INTER_LINEAR)
    filled_in = cv2.inpaint(cv2.resize(luma, small, interpolation=cv2.INTER_AREA), (coarse > 0).astype(np.uint8), 4, 1)
    smooth = cv2.resize(filled_in, luma.shape[::-1], interpolation=cv2.INTER_CUBIC)
    weight = cv2.GaussianBlur(mask, (0, 0), 2).astype(np.float32) / 255
    return np.clip(np.rint(weight * smooth + (1 - weight) * luma), 0, 255).astype(np.uint8)


def leaving(*, still: bool) -> Callable[[], Scene]:
    """Return the scene of those of `mosaic12` who leave for 6, 10 and 30 seconds and all at the end."""

    def make() -> Scene:
        frames, rate = _clip(CLIP)

        def at(now: float) -> tuple[Luma, int]:
            away = absent(now)
            return without(frames[0 if still else round(now * rate) % len(frames)], away), PEOPLE - len(away)

        return _noisy(at, NOISE) if still else at

    return make


def _class(*, moved: bool = False) -> Scene:
    """Return eight people who sit in the room, without noise; `moved`: as `camera_moved` sees them later."""
    zoom, right, down = (1.05, 0.18 * WIDTH, -18.0) if moved else (1.0, 0.0, 0.0)

    def room() -> Luma:
        turn = np.array([[zoom, 0, right], [0, zoom, down]], np.float32)
        return np.asarray(cv2.warpAffine(_room(), turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)

    def sitters() -> list[Sitter]:
        places = [(160 + 220 * (i % 4), 250 + 200 * (i // 4), 62.0 + 14 * (i // 4)) for i in range(8)]
        seen = [Place(zoom * x + right, zoom * y + down, zoom * size) for x, y, size in places]
        return [Sitter(head, place) for head, place in zip(heads(8), seen, strict=True)]

    return seated(room, sitters)


MOVED_AT = 30.0


def camera_moved() -> Scene:
    """Eight people; at `MOVED_AT` the camera is turned by a fifth of the picture and zoomed in by 5 %."""
    before, after = _class(), _class(moved=True)
    return _noisy(lambda now: (after if now >= MOVED_AT else before)(now))


LIGHTS_OFF, LIGHTS_ON = 25.0, 35.0


def lights_off() -> Scene:
    """Eight people; between `LIGHTS_OFF` and `LIGHTS_ON` it is dark. They stay."""
    lit = _class()

    def at(now: float) -> tuple[Luma, int]:
        luma, people = lit(now)
        dark = LIGHTS_OFF <= now < LIGHTS_ON
        return _recorded(luma * np.float32(0.03 if dark else 1.0), now, 1.0 if dark else NOISE), people

    return at


BLINDS = (20.0, 40.0)


def blinds() -> Scene:
    """Eight people; from one frame to the next the room loses half of its light, and gets it back 20 seconds later."""
    lit = _class()

    def at(now: float) -> tuple[Luma, int]:
        luma, people = lit(now)
        return _recorded(luma * np.float32(0.5 if BLINDS[0] <= now < BLINDS[1] else 1.0), now), people

    return at


CLIPS = {
    "mosaic12": Clip(mosaic),
    "classroom": Clip(classroom),
    "classroom-480x270": Clip(classroom_native),
    "empty": Clip(empty),
    "daylight": Clip(daylight),
    "projector": Clip(projector),
    "fan": Clip(fan),
    "rain": Clip(rain),
    "newcomers": Clip(newcomers),
    "newcomers-mosaic12": Clip(newcomers_mosaic),
    "back-row": Clip(back_row),
    "leaving": Clip(leaving(still=False), 150.0),
    "leaving-still": Clip(leaving(still=True), 150.0),
    "group-7": Clip(group("faces/11_Meeting_Meeting_11_Meeting_Meeting_11_250.jpg")),
    "group-8": Clip(group("faces/12_Group_Large_Group_12_Group_Large_Group_12_162.jpg")),
    "group-9": Clip(group("faces/12_Group_Group_12_Group_Group_12_62.jpg")),
    "camera-moved": Clip(camera_moved, disturbed=(MOVED_AT,)),
    "lights-off": Clip(lights_off, disturbed=(LIGHTS_ON,)),
    "blinds": Clip(blinds, disturbed=BLINDS),
}
