"""A token bucket: a mean rate with a bounded burst."""

import time
from collections.abc import Callable


class RateLimit:
    """Allows `per_second` on average and `burst` at once."""

    def __init__(self, per_second: float, burst: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._monotonic = monotonic
        self._tokens = burst
        self._at = monotonic()

    @property
    def wait(self) -> float:
        """Seconds until one more is allowed; 0 where it is now."""
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return max(0.0, (1 - self._tokens) / self._per_second)

    def allows(self, reserve: float = 0.0) -> bool:
        """Return whether one more is allowed now, after which `reserve` more would be."""
        return self.wait <= 0 and self._tokens >= 1 + reserve

    def spend(self) -> None:
        """Count one that is sent."""
        self._tokens -= 1
