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
        self._names: dict[int, IntervalNames] = {}

    def of(self, ended: float, length: int | None = None) -> tuple[str, str, Clock]:
        """Return start and end of an interval, as the contract writes them, and the state of the wall clock.

        Args:
            ended: CLOCK_MONOTONIC in seconds at its end.
            length: in seconds, of the configuration that it was counted with; None for the one in use.

        """
        length = length or self._length
        end = nearest(self._wall() - self._monotonic() + ended, length)
        start = self._names.setdefault(length, IntervalNames(length)).take(end - length)
        return iso(start), iso(start + length), "synced" if self._synchronised() else "unsynced"
