"""Whether the camera hangs upside down or on its side: faces are found only once the picture is turned.

A cascade finds upright faces alone; for other angles the picture is turned, as in Rowley, Baluja & Kanade, "Rotation
Invariant Neural Network-Based Face Detection" (CVPR 1998). Walls and shelves resemble a face here and there, in any
direction. So it takes two convincing faces at once, and more for each person who is seen upright, in two searches in a
row of the same direction.
"""

import math
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma

Turn = Literal["upside_down", "on_its_side"]
TURNS: dict[int, Turn] = {2: "upside_down", 1: "on_its_side", 3: "on_its_side"}
"""How the camera hangs, by the quarters against the clock that make its picture upright."""
SEARCHED_WIDTH = 640
"""Pixels of the long side of the picture that is searched: two thirds of the cost of the usual search."""
_ENOUGH_ROUNDS = 2
_FIRST_SECONDS = 1.0
"""From the first frame without people to the first round, and from that to the second."""
_SLOWER_SECONDS, _SLOWEST_SECONDS = 10.0, 120.0
"""To the third round, then twice as long each time, and at most: an empty room must cost next to nothing."""
_THUMBNAIL = (32, 18)
_SAME_LEVELS = 6.0
"""Grey levels by which no part of the thumbnail of a still room changes: what was searched in vain is not again."""


def is_turned(turned: int, upright: int) -> bool:
    """Whether so many convincing faces in a turned picture, and people in it as it is, show that it hangs wrong."""
    return turned > 2 * upright + 1


class Orientation:
    """Decides when to search for turned faces, and what they prove. One thread.

    A gap in the frames changes nothing: if the camera was mounted anew meanwhile, people who are seen upright show it.

    Attributes:
        turn: how the camera hangs where that is wrong; None otherwise, and while it is not known.
        judged: whether someone was seen upright, or a round of searches is over.

    """

    def __init__(self, count: Callable[[Luma, int], int]) -> None:
        """Take what counts the convincing faces of a frame turned by so many quarters, against the clock."""
        self._count = count
        self._against: dict[int, int] = {}
        self._in_vain: NDArray[np.float32] | None = None
        self.turn: Turn | None = None
        self.judged = False
        self._calm()

    def look(self, luma: Luma, upright: int, now: float, searches: int) -> None:
        """Take a (height, width) uint8 frame.

        Args:
            luma: the frame.
            upright: people who were found in it as it is.
            now: when it was taken, seconds of a clock that never steps.
            searches: directions that may be searched in this frame.

        """
        self.judged |= upright > 0
        if (upright > 1) if self.turn is None else (upright == 0):
            self._calm()  # all is as it was
            return
        if not self._open and not self._begin(luma, now):
            return
        for quarters in self._open[:searches]:
            self._open.remove(quarters)
            self._judge(quarters, against=is_turned(self._count(luma, quarters), upright))
            if self._against[quarters] >= _ENOUGH_ROUNDS:
                self._open.clear()  # the others need no search
                break
        if not self._open:
            self._end(luma, now)

    def _calm(self) -> None:
        self._open: list[int] = []
        self._rounds = 0
        self._due = math.inf
        self._against.clear()

    def _begin(self, luma: Luma, now: float) -> bool:
        """Begin a round of searches if it is time."""
        if self._due == math.inf:
            self._due = now + _FIRST_SECONDS
        if now < self._due:
            return False
        if _is_same(self._in_vain, luma):
            self._rounds = 1  # what moves after this is searched at once, and soon again
            return False
        self._open = [quarters for quarters, turn in TURNS.items() if self.turn in {None, turn}]
        return True

    def _judge(self, quarters: int, *, against: bool) -> None:
        self._against[quarters] = self._against.get(quarters, 0) + 1 if against else 0

    def _end(self, luma: Luma, now: float) -> None:
        """Draw the conclusion of a round."""
        self._rounds += 1
        best = max(self._against, key=self._against.__getitem__)
        undecided = 0 < self._against[best] < _ENOUGH_ROUNDS
        if self.turn is None and self._against[best] >= _ENOUGH_ROUNDS:
            self.turn = TURNS[best]
        elif self.turn is not None and not self._against[best] and self._rounds >= _ENOUGH_ROUNDS:
            self.turn = None
        self.judged |= not undecided
        if undecided or self._rounds < _ENOUGH_ROUNDS:
            self._due = now + _FIRST_SECONDS
            self._in_vain = None
            return
        self._due = now + min(_SLOWER_SECONDS * 2.0 ** (self._rounds - _ENOUGH_ROUNDS), _SLOWEST_SECONDS)
        self._in_vain = None if self._against[best] else _thumbnail(luma)


def _is_same(before: NDArray[np.float32] | None, luma: Luma) -> bool:
    """Whether a frame shows the still room of a thumbnail."""
    return before is not None and float(np.abs(_thumbnail(luma) - before).max()) < _SAME_LEVELS


def _thumbnail(luma: Luma) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(luma, _THUMBNAIL, interpolation=cv2.INTER_AREA), np.float32)
