"""Ends the hunting of a continuous autofocus.

In poor light the autofocus of Camera Module 3 may find no contrast. Then it moves the lens to and fro without end, and
most pictures are blurred. A fixed focus is better: at 2.5 m, everything from 1.3 m to infinity is sharp in pictures of
up to 1280 pixels (focal length 4.7 mm, f/1.8).
"""

FAR_DIOPTRES = 0.4
"""The fixed focus; 2.5 m."""
_LOOK_SECONDS = 30.0
_MOST_UNFOCUSED = 0.5
_LONGEST_STEP = 2.0
"""A longer time between two frames says nothing about the lens."""
_SCANNING, _FAILED = 1, 3
"""`AfState` of libcamera."""


class Hunting:
    """Watches `AfState` of the frames that are delivered."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._watched = 0.0
        self._unfocused = 0.0

    def seen(self, state: object, now: float) -> bool:
        """Take the state at `now`, seconds; return whether the lens found no focus for most of half a minute."""
        step = 0.0 if self._last is None else min(now - self._last, _LONGEST_STEP)
        self._last = now
        self._watched += step
        self._unfocused += step * (state in {_SCANNING, _FAILED})
        if self._watched < _LOOK_SECONDS:
            return False
        hunts = self._unfocused > _MOST_UNFOCUSED * self._watched
        self._watched = self._unfocused = 0.0
        return hunts
