"""The scenes on which searching is measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from edge.config import CameraSettings
from tests.support.clips import read_clip
from tests.support.empty_rooms import daylight, empty, fan, projector, rain
from tests.support.leaving import CLIP, PEOPLE, absent, without
from tests.support.scenes import HEIGHT, SECONDS, WIDTH, Scene, noisy
from tests.support.seated_people import (
    BLINDS,
    LIGHTS_ON,
    MOVED_AT,
    back_row,
    blinds,
    camera_moved,
    group,
    lights_off,
    newcomers,
)

_IN_THE_CLASSROOM = 4


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


@cache
def _clip(name: str) -> tuple[list[Luma], float]:
    """Return the frames of a clip, as large as a frame, and how many a second has."""
    frames, rate = read_clip(name)
    large = [np.asarray(cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8) for one in frames]
    return large, rate


def mosaic() -> Scene:
    """Twelve people who move all the time; the clip of nine seconds over and over."""
    frames, rate = _clip(CLIP)
    return lambda now: (frames[round(now * rate) % len(frames)], PEOPLE)


def classroom() -> Scene:
    """Four people of a real class, who move little; the clip of three seconds forth and back, so that nobody jumps."""
    return noisy(_there_and_back(*_clip("classroom.gif")))


def classroom_native() -> Scene:
    """The same in the pixels of the clip, 480 x 270."""
    return noisy(_there_and_back(*read_clip("classroom.gif")))


def _there_and_back(frames: list[Luma], rate: float) -> Scene:
    loop = frames + frames[-2:0:-1]
    return lambda now: (loop[round(now * rate) % len(loop)], _IN_THE_CLASSROOM)


def newcomers_mosaic() -> Scene:
    """The people of `mosaic12`, who move all the time, come one after the other, every 4.5 seconds."""
    frames, rate = _clip(CLIP)

    def at(now: float) -> tuple[Luma, int]:
        there = min(PEOPLE, int((now + 0.2) // 4.5))
        return without(frames[round(now * rate) % len(frames)], set(range(there, PEOPLE))), there

    return noisy(at, 1.0)


def leaving(*, still: bool) -> Callable[[], Scene]:
    """Return the scene of those of `mosaic12` who leave for 6, 10 and 30 seconds and all at the end."""

    def make() -> Scene:
        frames, rate = _clip(CLIP)

        def at(now: float) -> tuple[Luma, int]:
            away = absent(now)
            return without(frames[0 if still else round(now * rate) % len(frames)], away), PEOPLE - len(away)

        return noisy(at) if still else at

    return make


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
