"""The records that the broker refused, and when the backlog is tried again."""

import time
from collections.abc import Callable

from edge.door.packets import Key
from edge.system.backoff import Backoff

_ATTEMPTS = 3
"""Refusals after which a record is left out until the next round, so that it does not hold up the others."""
_CAP_SECONDS = 300.0


class RefusedRecords:
    """Counts refusals by record, and holds the backlog back for a growing time with jitter after each."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: dict[Key, int] = {}
        self._backoff = Backoff(_CAP_SECONDS)
        self._held_until = 0.0
        self._live = False

    @property
    def wait(self) -> float:
        """Seconds until the backlog may be sent; 0 or less where it may be now."""
        return self._held_until - self._monotonic()

    def is_left_out(self, key: Key) -> bool:
        """Whether a record was refused too often in this round through the spool."""
        return self._counts.get(key, 0) >= _ATTEMPTS

    def note(self, key: Key, *, live: bool) -> None:
        """Count a refusal, of a live record or of the backlog."""
        self._live |= live
        self._counts[key] = self._counts.get(key, 0) + 1
        if self.wait <= 0:  # one wait for all that were refused together
            self._held_until = self._monotonic() + self._backoff.next()

    def accepted(self, key: Key, *, live: bool) -> bool:
        """Note that the broker took a record; return whether it takes live ones again, so that all may be tried."""
        self._counts.pop(key, None)
        if not (live and self._live):
            return False
        self._live = False
        self._counts.clear()
        self._backoff.reset()
        self._held_until = 0.0
        return True

    def next_round(self) -> None:
        """Let every record be tried again: the spool was read to its end."""
        self._counts.clear()

    def connected(self) -> None:
        """Try the backlog at once, from its oldest record on: another broker may take it."""
        self._counts.clear()
        self._held_until = 0.0
