"""Waits between attempts: exponential with full jitter.

Source: Brooker, "Exponential Backoff and Jitter" (AWS Architecture Blog, 2015).
"""

import random
from collections.abc import Callable

_FIRST_SECONDS = 1.0
_MAX_DOUBLINGS = 16


class Backoff:
    """The wait grows with every failure, until `reset`: call that when there was no failure for a while."""

    def __init__(self, cap: float, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._cap = cap
        self._uniform = uniform
        self._failures = 0

    def next(self) -> float:
        """Return the seconds to wait before the next attempt: uniform between a tenth of and the whole bound."""
        bound = min(self._cap, _FIRST_SECONDS * 2 ** min(self._failures, _MAX_DOUBLINGS))
        self._failures += 1
        return self._uniform(bound / 10, bound)

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._failures = 0
