"""The built-in scene: public-domain portraits that move like people in front of a camera, with noise and a pause."""

import math
import time
from dataclasses import dataclass
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.facts import CameraFacts
from edge.camera.sources.base import Luma, SourceSettings
from edge.camera.turn import Turn

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_SECOND = 10.0
PERIOD = 60.0
"""Seconds after which the scene repeats."""
EMPTY_FROM, EMPTY_UNTIL = 28.0, 58.0
"""The scene is empty between these seconds of the period: long enough for several records of nobody."""

_NOISE_SIGMA = 3.0  # grey levels, as a small sensor has in room light
_FLICKER = 0.01
_NOISE_SHIFTS = 61


@dataclass(frozen=True)
class _Person:
    """A portrait and its place; sizes and positions in pixels, times in seconds of the period."""

    portrait: str
    size: int
    x: int
    y: int
    arrives: float
    leaves: float
    sway: float
    phase: float
    mirrored: bool = False


PEOPLE = (
    _Person("collins", 300, 190, 380, 0, EMPTY_FROM, 14, 0.0),
    _Person("hopper", 280, 450, 330, 0, EMPTY_FROM, 10, 1.1),
    _Person("collins", 240, 690, 360, 0, EMPTY_FROM, 12, 2.3, mirrored=True),
    _Person("hopper", 300, 930, 390, 0, 20, 9, 3.1, mirrored=True),
    _Person("collins", 220, 1140, 330, 8, EMPTY_FROM, 11, 4.4),
)


def people_at(second: float) -> int:
    """Return the true number of people in view at `second` of the scene."""
    second %= PERIOD
    return sum(person.arrives <= second < person.leaves for person in PEOPLE)


class Scene:
    """Renders the scene at 10 frames per second."""

    live = False

    def __init__(self, settings: SourceSettings) -> None:
        self.turn = Turn.of(settings.rotation, mirror=settings.mirror)
        self._settings = settings
        self._native = settings.pace == "native"
        self._frame = -1
        self._begun = 0.0

    def open(self) -> None:
        """Load the portraits and draw the room."""
        self._cut_outs = {person: _cut_out(person) for person in PEOPLE}
        across = np.linspace(120, 170, WIDTH, dtype=np.float32)
        down = np.linspace(20, -40, HEIGHT, dtype=np.float32)
        self._room = (across[None, :] + down[:, None]).astype(np.uint8)
        # One sheet of noise; each frame uses another part of it.
        sheet = (HEIGHT + _NOISE_SHIFTS, WIDTH + _NOISE_SHIFTS)
        self._noise = np.random.default_rng(1).normal(0, _NOISE_SIGMA, sheet).astype(np.int8)
        self._begun = time.monotonic()

    def grab(self) -> None:
        """Advance by one frame, or at native pace to the frame that is due."""
        self._frame += 1
        if not self._native:
            return
        due = self._begun + self._frame / FRAMES_PER_SECOND
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        else:
            self._frame = int((now - self._begun) * FRAMES_PER_SECOND)

    def retrieve(self) -> Luma:
        """Draw the current frame."""
        second = self._frame / FRAMES_PER_SECOND % PERIOD
        picture = self._room.copy()
        for person, (face, mask) in self._cut_outs.items():
            if person.arrives <= second < person.leaves:
                _paste(picture, face, mask, *_place(person, second))
        gain = 1 + _FLICKER * math.sin(2 * math.pi * second)
        x, y = 17 * self._frame % _NOISE_SHIFTS, 29 * self._frame % _NOISE_SHIFTS
        noise = self._noise[y : y + HEIGHT, x : x + WIDTH]
        return np.asarray(cv2.addWeighted(picture, gain, noise, 1, 0, dtype=cv2.CV_8U), np.uint8)

    def facts(self) -> CameraFacts:
        """Return that it has no lens and no sensor of its own; settings that need them are refused."""
        return CameraFacts(model="scene", refused=tuple(self._settings.unsupported))

    def close(self) -> None:
        """Do nothing: the scene has no resources."""


def _place(person: _Person, second: float) -> tuple[int, int]:
    angle = 2 * math.pi * second / 7 + person.phase
    return (
        round(person.x - person.size / 2 + person.sway * math.sin(angle)),
        round(person.y - person.size / 2 + person.sway / 2 * math.sin(1.7 * angle)),
    )


def _cut_out(person: _Person) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    data = files("edge.camera.sources").joinpath("portraits", f"{person.portrait}.jpg").read_bytes()
    face = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    face = cv2.resize(face[:, ::-1] if person.mirrored else face, (person.size, person.size))
    # A soft oval hides the straight edges of the photograph.
    mask = np.zeros((person.size, person.size), np.float32)
    centre, axes = (person.size // 2, person.size // 2), (int(person.size * 0.36), int(person.size * 0.44))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, [1.0], -1)
    return face.astype(np.float32), cv2.GaussianBlur(mask, (0, 0), person.size / 30).astype(np.float32)


def _paste(picture: Luma, face: NDArray[np.float32], mask: NDArray[np.float32], x: int, y: int) -> None:
    size = face.shape[0]
    region = picture[y : y + size, x : x + size]
    region[:] = region + (face - region) * mask
