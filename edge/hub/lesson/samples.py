"""The records of a lesson, as series of numbers by group."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

GROUPS = ("smiling", "neutral", "other", "unsure")
"""`smiling` is the emotion happy; `other` are the five emotions that are neither happy nor neutral."""
PEOPLE = "people"


@dataclass(frozen=True)
class Sample:
    """The numbers of one record.

    Attributes:
        ended: seconds since 1970.
        seconds: length of the interval.
        people: on average; None: withheld or not observed.
        emotions: people of each of `GROUPS`, with the sum of `people`; None: at least one was withheld.
        error: people of `people` who may be counted under a wrong emotion; None: the device does not say it.
        moved: whether one person is counted under another emotion.

    """

    ended: int
    seconds: int
    people: float | None
    emotions: tuple[float, ...] | None = None
    error: float | None = None
    moved: bool = True

    @property
    def begin(self) -> int:
        """Begin of the interval, seconds since 1970."""
        return self.ended - self.seconds

    @property
    def table(self) -> tuple[int, ...]:
        """The emotions in whole people: while they stay, the same person is moved."""
        return tuple(int(each + 0.5) for each in self.emotions or ())


@dataclass(frozen=True)
class Part:
    """A steady time of one group.

    Attributes:
        mean: people.
        records: number of records.
        people: in view on average.
        error: average `emotions_error`; None: at least one record does not have it.
        draws: sum of the squares of the shares of time of each table, 1: one table all the time; 0: nobody is moved.

    """

    mean: float
    records: int
    people: float
    error: float | None
    draws: float


def interval_of(records: Sequence[Sample]) -> int:
    """Return the seconds of a record; of some kinds, of that in the middle."""
    return statistics.median_low(each.seconds for each in records)


def part_of(records: Sequence[Sample], values: Sequence[float]) -> Part:
    """Return what a steady time says of a group; `values` are those of the group, one for each of `records`."""
    count = len(records)
    errors = [each.error for each in records if each.error is not None]
    tables = Counter(each.table for each in records if each.moved)
    return Part(
        sum(values) / count,
        count,
        sum(each.people or 0.0 for each in records) / count,
        sum(errors) / count if len(errors) == count else None,
        sum((times / count) ** 2 for times in tables.values()),
    )
