"""Which lengths the intervals of records may have: a record is judged by the interval that it was made with."""

import math
import time
from collections.abc import Callable, Mapping

from edge.contract.records import ClosedInterval
from edge.door.packets import CLOCK_TOLERANCE

_ASK_SECONDS = 10.0


class Lengths:
    """The length of the configuration in use, and those of others as long as the observer may have used them.

    No record chooses freely: every length was written by a person into the configuration. After the first record of the
    configuration in use no other length passes any more, so that nothing can be said by changing between them.
    """

    def __init__(
        self,
        own: float,
        former: Mapping[float, float] | None = None,
        of_file: Callable[[], float | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with a configuration.

        Args:
            own: length of its intervals in seconds.
            former: by length in seconds, until when another configuration was in use: CLOCK_MONOTONIC in seconds,
                infinite where the observer may use it still.
            of_file: returns the length that the file says now, which an observer has perhaps read alone.
            monotonic: CLOCK_MONOTONIC in seconds.

        """
        self._own = own
        self._until = {length: until for length, until in (former or {}).items() if length != own}
        self._of_file = of_file
        self._monotonic = monotonic
        self._asked_at = -math.inf

    def of(self, record: ClosedInterval) -> float | None:
        """Return the length of a record's interval in seconds; None where no configuration has it."""
        length = record.interval_seconds
        if length is None or length == self._own:
            return self._own
        if length not in self._until:
            self._ask(length)
        return length if record.monotonic <= self._until.get(length, -math.inf) + CLOCK_TOLERANCE else None

    def passed(self, length: float) -> None:
        """Note that a record with an interval of this length was let in."""
        if length == self._own:
            self._until = dict.fromkeys(self._until, -math.inf)

    def agreed(self, now: float) -> None:
        """Note that the observer uses the configuration in use, since `now` at the latest: CLOCK_MONOTONIC."""
        self._until = {length: min(until, now) for length, until in self._until.items()}

    def _ask(self, length: float) -> None:
        if self._monotonic() - self._asked_at < _ASK_SECONDS:
            return
        self._asked_at = self._monotonic()
        if self._of_file() == length:
            self._until[length] = math.inf
