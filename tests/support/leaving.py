"""People of `mosaic12.mp4` who leave and come back: where someone is away, their tile shows the wall behind them."""

import numpy as np

from edge.camera.sources.base import Luma

CLIP = "mosaic12.mp4"
PEOPLE = 12
ABSENCES = (6.0, 10.0, 30.0)
"""Seconds that people are away."""
LAST_LEAVE = 120.0
_COLUMNS, _ROWS = 4, 3
_EDGE = 12
"""Columns at either side of a tile that show the wall alone."""


def absent(now: float) -> set[int]:
    """Return who is away at `now` seconds: they leave one after the other, and all at `LAST_LEAVE`."""
    if now >= LAST_LEAVE:
        return set(range(PEOPLE))
    leave = {person: 7.3 + 7.1 * person for person in range(PEOPLE)}
    return {one for one, since in leave.items() if since <= now < since + ABSENCES[one % len(ABSENCES)]}


def without(frame: Luma, people: set[int]) -> Luma:
    """Return a frame in which the tiles of `people` show the wall alone, as it is at both sides of each."""
    empty = frame.copy()
    height, width = frame.shape[0] // _ROWS, frame.shape[1] // _COLUMNS
    generator = np.random.default_rng(0)
    for person in people:
        y, x = person // _COLUMNS * height, person % _COLUMNS * width
        tile = frame[y : y + height, x : x + width].astype(np.float32)
        left, right = tile[:, :_EDGE].mean(1, keepdims=True), tile[:, -_EDGE:].mean(1, keepdims=True)
        wall = left + (right - left) * np.linspace(0, 1, width, dtype=np.float32)
        grain = generator.standard_normal(wall.shape, np.float32)
        empty[y : y + height, x : x + width] = np.clip(np.rint(wall + grain), 0, 255)
    return empty
