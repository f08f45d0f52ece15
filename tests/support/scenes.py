"""What a scene is: what a camera in a room sees at a time, and how many people are in view.

The same time gives the same frame.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma
from tests.conftest import DATA

HEIGHT, WIDTH = 720, 1280
SECONDS = 60.0
NOISE = 2.5
"""Grey levels: a sensor's noise in a classroom's light."""
Scene = Callable[[float], tuple[Luma, int]]
"""From seconds to a (height, width) uint8 frame and the number of people whose face it shows."""
_ROOM = "noface/indoor_235_bedroom.jpg"
"""A bright room with a bed, one window and large white walls."""


def noisy(scene: Scene, level: float = NOISE) -> Scene:
    """Return the scene as a sensor with noise records it."""

    def at(now: float) -> tuple[Luma, int]:
        luma, people = scene(now)
        return recorded(luma.astype(np.float32), now, level), people

    return at


def recorded(light: NDArray[np.float32], now: float, level: float = NOISE) -> Luma:
    """Return a (height, width) frame of grey levels as a sensor with `level` grey levels of noise records it."""
    noise = np.random.default_rng(round(1000 * now)).standard_normal(light.shape, np.float32)
    luma: Luma = np.clip(np.rint(light + level * noise), 0, 255).astype(np.uint8)
    return luma


@cache
def room() -> Luma:
    """Return the empty room, (720, 1280) uint8."""
    return scaled(read_luma(DATA / "faces-dev" / _ROOM))[0]


def scaled(luma: Luma) -> tuple[Luma, float, int, int]:
    """Return the middle of a picture, scaled to fill a frame, with the scale, and what is cut off left and top."""
    scale = max(WIDTH / luma.shape[1], HEIGHT / luma.shape[0])
    large = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - HEIGHT) // 2, (large.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(large[top : top + HEIGHT, left : left + WIDTH]), scale, left, top
