"""The times of a record, by this process's clock: of the observer's word only the end by CLOCK_MONOTONIC is used."""

import time
from collections.abc import Callable

from edge.contract.records import Clock
from edge.system.clock import IntervalNames, is_synchronised, iso, nearest


class IntervalTimes:
    """Names each interval by the nearest aligned one that was not named yet."""

    def __init__(
        self,
        length: int,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool] = is_synchronised,
    ) -> None:
        self._length = length
        self._wall = wall
        self._monotonic = monotonic
        self._synchronised = synchronised
        self._names = IntervalNames(length)

    def of(self, ended: float) -> tuple[str, str, Clock]:
        """Return start and end, as the contract writes them, of the interval that ended at `ended`, CLOCK_MONOTONIC."""
        end = nearest(self._wall() - self._monotonic() + ended, self._length)
        start = self._names.take(end - self._length)
        return iso(start), iso(start + self._length), "synced" if self._synchronised() else "unsynced"
