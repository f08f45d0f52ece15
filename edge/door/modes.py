"""Whether a record may have emotions: the configuration says so, not the observer."""

import math

from edge.contract.records import ClosedInterval, Mode
from edge.door.packets import CLOCK_TOLERANCE


class Modes:
    """The mode of the configuration in use, and that of the former one as long as the observer may have used it."""

    def __init__(self, own: Mode = "emotions", former: Mode | None = None) -> None:
        """Begin with a configuration; `former` is the mode of the one before it, None where there was none."""
        self._own = own
        self._until = math.inf if "emotions" in {own, former} else -math.inf
        """Emotions pass until then: CLOCK_MONOTONIC in seconds."""

    def allows(self, record: ClosedInterval) -> bool:
        """Whether a record may pass; one of faces alone always may."""
        return record.mode == "presence" or record.monotonic <= self._until + CLOCK_TOLERANCE

    def agreed(self, now: float) -> None:
        """Note that the observer uses the configuration in use, since `now` at the latest: CLOCK_MONOTONIC."""
        if self._own == "presence":
            self._until = min(self._until, now)
