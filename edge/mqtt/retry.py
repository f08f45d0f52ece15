"""How long a session waits before it tries again."""

import random

from edge.system.backoff import Backoff

STABLE_SECONDS = 30.0
"""Only a session that lasted so long resets the back-off: to be accepted and soon cut off is not success."""
_TAKEN_OVER_CAPS = 5
"""After another client took the session over, the longest wait is this many times the usual one."""
_SHORT_SESSIONS = 3
"""So many short sessions in a row are no accident: MQTT 3.1.1, and brokers that give no reason in MQTT 5 either, end a
session in this way when another client takes it over."""


class Retry:
    """Full-jitter back-off that looks at how long each session lasted."""

    def __init__(self, cap: float) -> None:
        self._cap = cap
        self._backoff = Backoff(cap)
        self._short_sessions = 0

    def record(self, seconds: float) -> bool:
        """Take note of how long a session lasted; return whether it is the one that makes short ones a pattern."""
        if seconds > STABLE_SECONDS:
            self._backoff.reset()
            self._short_sessions = 0
            return False
        self._short_sessions += 1
        return self._short_sessions == _SHORT_SESSIONS

    @property
    def short_sessions(self) -> int:
        """How many sessions in a row were short."""
        return self._short_sessions

    def wait(self, *, taken_over: bool) -> float:
        """Return the seconds to wait before the next attempt."""
        wait = self._backoff.next()
        if taken_over:
            longest = self._cap * _TAKEN_OVER_CAPS
            wait = random.uniform(longest / 2, longest)  # noqa: S311 - jitter
        return wait
