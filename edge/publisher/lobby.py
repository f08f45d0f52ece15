"""Where records wait until they leave, so that the moment of their arrival tells nothing."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.contract.records import IntervalRecord

_MARGIN_SECONDS = 1.0
"""After the end of an interval: the observer has then closed it, and a record leaves without delay."""
_SLOT_SECONDS = 5.0


@dataclass(frozen=True)
class Arrival:
    """A record and when it came: CLOCK_MONOTONIC in seconds."""

    record: IntervalRecord
    at: float


def slots(interval_seconds: float) -> int:
    """Return at how many moments of an interval records leave."""
    return max(2, math.ceil(interval_seconds / _SLOT_SECONDS))


class Lobby:
    """Lets records out at a few fixed moments of each interval of the wall clock, and at no other time."""

    def __init__(
        self,
        interval_seconds: float,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot = interval_seconds / slots(interval_seconds)
        self._margin = min(_MARGIN_SECONDS, self._slot / 5)
        self._wall = wall
        self._monotonic = monotonic
        self._waiting: list[Arrival] = []
        self._due = math.inf

    def enter(self, record: IntervalRecord) -> None:
        """Take a record."""
        now = self._monotonic()
        if not self._waiting:
            self._due = now + self._slot - (self._wall() - self._margin) % self._slot
        self._waiting.append(Arrival(record, now))

    @property
    def wait(self) -> float:
        """Seconds until the next record may leave; infinite where none waits."""
        return max(0.0, self._due - self._monotonic())

    def leave(self, *, at_once: bool = False) -> list[Arrival]:
        """Return the records that may leave now, in the order in which they came; `at_once`: all."""
        if not at_once and self._monotonic() < self._due:
            return []
        leaving, self._waiting, self._due = self._waiting, [], math.inf
        return leaving
