"""Whether people can be seen in the pictures of a camera: light, focus, how it hangs, windows.

A condition is believed when it has lasted, so that a moving cloud, a camera that focuses, or one false face makes no
news.
"""

import math
from collections.abc import Callable

from edge.camera.sources.base import Luma
from edge.contract.records import Light, Picture
from edge.vision.backlight import is_backlit
from edge.vision.focus import is_out_of_focus
from edge.vision.light import cells
from edge.vision.orientation import TURNS, Orientation

HIDES_PEOPLE: frozenset[Picture] = frozenset({"too_dark", "out_of_focus", *TURNS.values()})
"""Conditions in which nobody can be seen: that nobody was found then means nothing."""
_BETWEEN_SECONDS, _AGAIN_SECONDS = 4.0, 1.5
"""From one judgement of focus and windows to the next, and while the latest one is not believed yet."""
_BEGIN_SECONDS = 3.0
"""How long a condition lasts before it is believed. How the camera hangs has been confirmed by then."""
_END_SECONDS = 5.0
_SLOW_SECONDS = 1.0
"""Between two frames: then there is time to search in every direction in one frame."""


class PictureCheck:
    """Judges the frames of one camera. One thread.

    Attributes:
        picture: what is known of them; None until enough was seen.

    """

    def __init__(self, count_turned: Callable[[Luma, int], int]) -> None:
        """Take what counts the convincing faces of a frame turned by so many quarters, against the clock."""
        self._orientation = Orientation(count_turned)
        self._is_blurred = self._is_backlit = False
        self._judged_at = self._last = -math.inf
        self._found: Picture | None = None
        self._since = -math.inf
        self.picture: Picture | None = None

    def look(self, luma: Luma, light: Light | None, people: int, now: float) -> None:
        """Take a (height, width) uint8 frame.

        Args:
            luma: the frame.
            light: that it has.
            people: who were found in it.
            now: when it was taken, seconds of a clock that never steps.

        """
        found = "too_dark" if light == "too_dark" else self._judge(luma, people, now)
        self._last = now
        if found != self._found:
            self._found, self._since = found, now
        if found is not None and now - self._since >= self._patience(found):
            self.picture = found

    @property
    def hides_people(self) -> bool:
        """Whether nobody can be seen, so that an empty picture does not mean an empty room."""
        return self.picture in HIDES_PEOPLE

    def _judge(self, luma: Luma, people: int, now: float) -> Picture | None:
        """Return what a frame that has light shows of the camera; None while that is not known."""
        if now - self._judged_at >= (_BETWEEN_SECONDS if self._found == self.picture else _AGAIN_SECONDS):
            self._judged_at = now
            self._is_blurred, self._is_backlit = is_out_of_focus(luma), is_backlit(cells(luma))
        if self._is_blurred:
            return "out_of_focus"
        self._orientation.look(luma, people, now, len(TURNS) if now - self._last >= _SLOW_SECONDS else 1)
        if self._orientation.turn or not self._orientation.judged:
            return self._orientation.turn
        return "backlit" if self._is_backlit else "good"

    def _patience(self, found: Picture) -> float:
        """Return how long a condition must have lasted, seconds."""
        if found == "good":
            return _END_SECONDS if self.picture else 0.0
        return 0.0 if found in TURNS.values() else _BEGIN_SECONDS
