"""Which lengths the intervals of records may have: a record is judged by the interval that it was made with."""

from collections.abc import Mapping

from edge.contract.records import ClosedInterval

_CLOCK_TOLERANCE = 1.0


class Lengths:
    """The length of the configuration in use, and those of earlier ones as long as the observer may have used them.

    No record chooses freely. After the first record of the configuration in use, no earlier length passes any more, so
    that nothing can be said by changing between them.
    """

    def __init__(self, own: float, former: Mapping[float, float] | None = None) -> None:
        """Begin with a configuration.

        Args:
            own: length of its intervals in seconds.
            former: by length in seconds, until when an earlier configuration was in use: CLOCK_MONOTONIC in seconds,
                infinite where the observer may use it still.

        """
        self._own = own
        self._former = {length: until for length, until in (former or {}).items() if length != own}

    def of(self, record: ClosedInterval) -> float | None:
        """Return the length of a record's interval in seconds; None where it is not one of a configuration in use."""
        length = record.interval_seconds
        if length is None or length == self._own:
            return self._own
        until = self._former.get(length)
        return None if until is None or record.monotonic > until + _CLOCK_TOLERANCE else length

    def passed(self, length: float) -> None:
        """Note that a record with an interval of this length was let in."""
        if length == self._own:
            self._former.clear()

    def agreed(self, now: float) -> None:
        """Note that the observer uses the configuration in use, since `now` at the latest: CLOCK_MONOTONIC."""
        self._former = {length: min(until, now) for length, until in self._former.items()}
