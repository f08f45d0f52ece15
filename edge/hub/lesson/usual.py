"""The same room and period in former weeks: median and quartiles, minute by minute. What was usual is no norm."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from edge.hub.lesson.reading import Minute
from edge.hub.lesson.samples import GROUPS, PEOPLE
from edge.hub.store.sums import MINUTE

WEEKS = 12
FEWEST = 3
"""Lessons; fewer are no usual."""
_MOST_MISSING = 0.5
"""A lesson of which a larger share has no numbers is none to compare with."""
# Of Student's distribution, both sides, by degrees of freedom.
_STUDENT_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201)


class Former(NamedTuple):
    """A lesson of a former week.

    Attributes:
        begin: seconds since 1970.
        minutes: those with a number of people.
        people: average.
        shares: of `people`, for each of `GROUPS`; None: no emotions were published.

    """

    begin: int
    minutes: list[Minute]
    people: float
    shares: dict[str, float] | None


class Usual(NamedTuple):
    """What is usual for one number of a lesson.

    Attributes:
        median: of former lessons.
        low: lower quartile.
        high: upper quartile.
        scatter: how far a further lesson may lie from their average, in nineteen of twenty cases.

    """

    median: float
    low: float
    high: float
    scatter: float


def former_lessons(minutes: Sequence[Minute], times: Sequence[tuple[int, int]]) -> list[Former]:
    """Return the lessons of some times that have numbers for the most part."""
    found = []
    for begin, end in times:
        samples = [each for each in minutes if begin <= each.begin < end]
        if sum(each.seconds for each in samples) >= (1 - _MOST_MISSING) * (end - begin):
            found.append(Former(begin, samples, _mean([each.people for each in samples]), _shares(samples)))
    return found


def usual_of(values: Sequence[float]) -> Usual:
    """Return what is usual, of `FEWEST` values at least.

    The scatter is the half of a prediction interval for one further value (Hahn and Meeker, "Statistical Intervals",
    Wiley, 1991, section 4.7).
    """
    count = len(values)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    student = _STUDENT_95[min(count - 1, len(_STUDENT_95)) - 1]
    return Usual(median, low, high, student * statistics.stdev(values) * math.sqrt(1 + 1 / count))


def by_minute(lessons: Sequence[Former]) -> list[dict[str, Any]]:
    """Return median and quartiles of people for each minute for which at least `FEWEST` lessons have one."""
    people: defaultdict[int, list[Minute]] = defaultdict(list)
    for lesson in lessons:
        for each in lesson.minutes:
            people[(each.begin - lesson.begin) // MINUTE].append(each)
    found = []
    for minute, samples in sorted(people.items()):
        if len(samples) < FEWEST or minute < 0:
            continue
        shown = [each.emotions for each in samples if each.emotions is not None]
        bands = {
            group: _band([each[number] for each in shown]) if len(shown) >= FEWEST else None
            for number, group in enumerate(GROUPS)
        }
        found.append({"minute": minute, PEOPLE: _band([each.people for each in samples])} | bands)
    return found


def _band(values: Sequence[float]) -> dict[str, float]:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": round(median, 2), "low": round(low, 2), "high": round(high, 2)}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _shares(minutes: Sequence[Minute]) -> dict[str, float] | None:
    samples = [each for each in minutes if each.emotions is not None]
    total = sum(each.people * each.seconds for each in samples)
    if not total:
        return None
    return {
        group: sum((each.emotions or ())[number] * each.seconds for each in samples) / total
        for number, group in enumerate(GROUPS)
    }
