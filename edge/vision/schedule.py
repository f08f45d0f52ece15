"""How often to search: as often as configured, and less often on a device that is slow or hot."""

import math


class Schedule:
    """Tells the time between two searches of the same place where something moves.

    Where searches take more than half of that time, it becomes twice what they take; `slow_down` stretches it further,
    for a hot device.
    """

    def __init__(self, scan_seconds: float) -> None:
        self._scan_seconds = scan_seconds
        self._round_began = -math.inf
        self._spent = 0.0
        self._took = 0.0
        self._slowed = 1.0

    @property
    def between_scans(self) -> float:
        """Seconds from one search to the next where something moves."""
        return max(self._scan_seconds * self._slowed, 2 * self._took)

    @property
    def is_throttled(self) -> bool:
        """Whether searches are rarer than the configuration asks for."""
        return self.between_scans > self._scan_seconds

    def searched(self, now: float, took: float) -> None:
        """Note that parts of the frame at `now`, seconds of a clock that never steps, took `took` seconds to search."""
        if now - self._round_began >= self.between_scans:
            self._took = self._spent
            self._round_began, self._spent = now, 0.0
        self._spent += took
        self._took = max(self._took, self._spent)

    def slow_down(self, factor: float) -> None:
        """Let `factor` times as long pass between searches; 1 is the configured pace."""
        self._slowed = factor

    def reset(self) -> None:
        """Begin a new round, as after a gap in the frames."""
        self._round_began = -math.inf
