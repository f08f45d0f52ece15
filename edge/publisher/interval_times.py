"""The times of a record, by this process's clock: of the observer's word only the end by CLOCK_MONOTONIC is used."""

import time
from collections.abc import Callable

from edge.contract.records import Clock
from edge.publisher.rate_limit import RateLimit
from edge.system.clock import IntervalNames, is_synchronised, iso, nearest
from edge.system.named_intervals import NamedIntervals

_NOTE_SECONDS = 3600.0
"""The card is written at most so often, and at the end of a run, but for steps of the clock."""
_STEPS_A_SECOND = 1 / 600
_STEPS_AT_ONCE = 5.0


class IntervalTimes:
    """Names each interval by the nearest aligned one that was not named yet, by this publisher or the one before."""

    def __init__(
        self,
        length: int,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        synchronised: Callable[[], bool] = is_synchronised,
        named: NamedIntervals | None = None,
    ) -> None:
        """Begin; `named` is what outlives this process."""
        self._length = length
        self._wall = wall
        self._monotonic = monotonic
        self._synchronised = synchronised
        self._names = IntervalNames()
        self._named = named
        self._begun = monotonic()
        self._before = named.read(length) if named else []
        self._note_due = self._begun
        self._steps = RateLimit(_STEPS_A_SECOND, _STEPS_AT_ONCE, monotonic)

    def of(self, ended: float, length: int | None = None) -> tuple[str, str, Clock]:
        """Return start and end of an interval, as the contract writes them, and the state of the wall clock.

        Args:
            ended: CLOCK_MONOTONIC in seconds at its end.
            length: in seconds, of the configuration that it was counted with; None for the one in use.

        """
        length = length or self._length
        if self._before and ended > self._begun:
            # A record that ended before may have been named already, and gets the same times again.
            self._names.avoid(self._before)
            self._before = []
        end = nearest(self._wall() - self._monotonic() + ended, length)
        known = len(self._names.epochs)
        start = self._names.take(end - length, length)
        stepped = start != end - length or len(self._names.epochs) > max(1, known)
        self._note(stepped=stepped)
        return iso(start), iso(start + length), "synced" if self._synchronised() else "unsynced"

    def close(self) -> None:
        """Note what was named, for the next publisher."""
        if self._named is not None and self._names.epochs:
            self._named.write([*self._before, *self._names.epochs])

    def _note(self, *, stepped: bool) -> None:
        """Note what was named once an hour, and after a step of the clock."""
        now = self._monotonic()
        if now >= self._note_due:
            self._note_due = now + _NOTE_SECONDS
            self.close()
        elif stepped and self._steps.wait <= 0:
            self._steps.spend()
            self.close()
