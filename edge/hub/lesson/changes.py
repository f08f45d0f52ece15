"""When a room changed, and by how much: only what is larger than its error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import fmean

from edge.hub.lesson.noise import long_run_variance
from edge.hub.lesson.samples import GROUPS, PEOPLE, Part, Sample, interval_of, part_of
from edge.hub.lesson.segments import segments

_SHORTEST_SECONDS, _SHORTEST_RECORDS = 90, 3
"""A steady time is at least as long, and has at least so many records."""
_PENALTY = {False: 16.0, True: 8.0}
"""Of a segment, in long-run variances; True: of the number of people, for which `LEAST_PEOPLE` does the rest."""
_SMALLEST_VARIANCE = 0.05
"""Of a series in which hardly anything varies."""
_SURE = 2.5
"""Standard errors of a difference that are its error."""
_SURE_MOVED = 2.0
"""The same for the person who is moved, who is at most one before and one after."""
CLEARLY = 1.01
"""A difference is larger than its error by so much, also when both are rounded."""
_CHI_SQUARED = 3.84
_MOVED = 0.6
"""Largest variance of the number of people in a group by the one who is moved: the share of draws that concern it."""
_MOST_MOVED = 2.0
"""One person before, and one after."""
LEAST_PEOPLE = 2.3
"""Fewer people who come or go do not make another room."""


@dataclass(frozen=True)
class Change:
    """A change of one group.

    Attributes:
        group: of `GROUPS`, or `PEOPLE`.
        at: when, seconds since 1970.
        earliest: when at the earliest.
        latest: when at the latest.
        before: people, on average over the steady time before.
        after: people, on average over the steady time after.
        error: people; the difference is larger.
        gradual: whether one of both times is not steady: then it has neither these levels nor a moment. `earliest` and
            `latest` are the times in which the numbers moved.
        with_people: whether the number of people changed, too, and the group's share of them by no more than the error.

    """

    group: str
    at: int
    earliest: int
    latest: int
    before: float
    after: float
    error: float
    gradual: bool = False
    with_people: bool = False


def error_of_difference(before: Part, after: Part, variance: float, *, emotions: bool) -> float:
    """Return the error of the difference of two steady times, people; infinite where it is not known.

    It has three parts. The scatter of the averages follows from the long-run variance. The person who is moved
    (`edge.privacy.swapping`) is drawn anew for each table, so the error of an average falls with the number of tables.
    The model's error is that of the people who changed: who did not is counted as before. The share of a group that is
    counted under a wrong emotion rises at most with one over the square root of its size
    (`edge.counting.uncertainty`), so that of d of n people is at most `error` * sqrt(d / n), before and after.

    Args:
        before: the first time.
        after: the second time.
        variance: long-run variance of the group.
        emotions: whether the group is one of emotions; nothing of that concerns the number of people but the scatter.

    """
    scatter = _SURE**2 * variance * (1 / before.records + 1 / after.records)
    if not emotions:
        return math.sqrt(scatter)
    if before.error is None or after.error is None:
        return math.inf
    moved = min(_SURE_MOVED**2 * _MOVED * (before.draws + after.draws), _MOST_MOVED**2)
    difference = abs(after.mean - before.mean)
    model = (before.error**2 + after.error**2) * difference / max(1.0, min(before.people, after.people))
    return math.sqrt(scatter + moved + model)


def is_long_enough(records: Sequence[Sample]) -> bool:
    """Whether there are enough records to look for changes: of four steady times."""
    return bool(records) and len(records) >= 4 * _shortest(interval_of(records))


def find_changes(records: Sequence[Sample]) -> list[Change]:
    """Return the changes of all groups in order of time; that of the people first, which may explain others."""
    found = _changes(PEOPLE, [each for each in records if each.people is not None])
    samples = [each for each in records if each.emotions is not None]
    for group in GROUPS:
        found += _changes(group, samples)
    return sorted(found, key=lambda change: (change.at, change.group != PEOPLE, change.group))


def values_of(group: str, records: Sequence[Sample]) -> list[float]:
    """Return the series of a group; every record has it."""
    if group == PEOPLE:
        return [each.people or 0.0 for each in records]
    number = GROUPS.index(group)
    return [each.emotions[number] for each in records if each.emotions is not None]


def standard_error(group: str, records: Sequence[Sample]) -> float:
    """Return the error of a group's average by the scatter of the records, people."""
    values = values_of(group, records)
    return _SURE * math.sqrt(long_run_variance(values, interval_of(records)) / len(values)) if values else 0.0


def _shortest(interval: int) -> int:
    """Return the records of a steady time at least, each of `interval` seconds."""
    return max(_SHORTEST_RECORDS, round(_SHORTEST_SECONDS / interval))


def _changes(group: str, records: Sequence[Sample]) -> list[Change]:
    if not is_long_enough(records):
        return []
    values, interval = values_of(group, records), interval_of(records)
    variance = long_run_variance(values, interval)
    penalty = _PENALTY[group == PEOPLE] * max(variance, _SMALLEST_VARIANCE)
    spans = segments(values, penalty, _shortest(interval))
    spans, parts, errors = _certain(group, records, values, spans, variance)
    found = []
    for ((first, middle), (_same, last)), sides, error in zip(pairwise(spans), pairwise(parts), errors, strict=True):
        before, after = values[first:middle], values[middle:last]
        low, high = _range(values[first:last], middle - first, max(variance, _SMALLEST_VARIANCE))
        earliest, latest = records[first + low - 1].ended, records[first + high].begin
        steady = _is_steady(before, error), _is_steady(after, error)
        if not steady[0]:
            earliest = records[first].begin
        if not steady[1]:
            latest = records[last - 1].ended
        gradual, with_people = not all(steady), group != PEOPLE and _keeps_share(*sides, error)
        at, levels = (records[middle].begin, min(earliest, latest), latest), (fmean(before), fmean(after))
        found.append(Change(group, *at, *levels, error, gradual, with_people))
    return _joined(found)


def _keeps_share(before: Part, after: Part, error: float) -> bool:
    """Whether the number of people changed, and the group's share of them by no more than the error."""
    if abs(after.people - before.people) <= LEAST_PEOPLE or not before.people:
        return False
    return abs(after.mean - before.mean * after.people / before.people) <= error


def _is_steady(values: Sequence[float], error: float) -> bool:
    """Whether both halves have the same level: a class that comes in or leaves has none."""
    middle = len(values) // 2
    return abs(fmean(values[middle:]) - fmean(values[:middle])) <= error


def _is_one_move(last: Change, change: Change) -> bool:
    overlap = last.gradual and change.gradual and change.earliest < last.latest
    return overlap and (last.after > last.before) == (change.after > change.before)


def _joined(changes: Sequence[Change]) -> list[Change]:
    """Make one of gradual changes that go the same way in times that overlap: a long rise is cut into several.

    Their differences add up, and so do the squares of their errors: the difference stays larger than the error.
    """
    found: list[Change] = []
    for change in changes:
        last = found[-1] if found else None
        if last is not None and _is_one_move(last, change):
            error = math.hypot(last.error, change.error)
            both = last.with_people and change.with_people
            found[-1] = replace(last, latest=change.latest, after=change.after, error=error, with_people=both)
        else:
            found.append(change)
    return found


def _range(values: Sequence[float], middle: int, variance: float) -> tuple[int, int]:
    """Return the first and the last place of a change that explains the series nearly as well as `middle`.

    Those of which the profile likelihood is above the bound of 95 % (the quantile of chi-squared with one degree of
    freedom).
    """
    total, count = sum(values), len(values)

    def gain(at: int, left: float) -> float:
        return left**2 / at + (total - left) ** 2 / (count - at)

    gains = [gain(at, left) for at, left in enumerate(accumulate(values[:-1]), 1)]
    least = gains[middle - 1] - _CHI_SQUARED * variance
    # The one piece around the middle: a second change further away is not this one.
    low = high = middle
    while low > 1 and gains[low - 2] >= least:
        low -= 1
    while high < count - 1 and gains[high] >= least:
        high += 1
    return low, high


def _certain(
    group: str, records: Sequence[Sample], values: Sequence[float], spans: list[tuple[int, int]], variance: float
) -> tuple[list[tuple[int, int]], list[Part], list[float]]:
    """Join segments until each differs from the next one by more than its error; return parts and errors, too."""
    emotions = group != PEOPLE
    parts = [part_of(records[first:last], values[first:last]) for first, last in spans]
    while True:
        errors = [error_of_difference(*pair, variance, emotions=emotions) for pair in pairwise(parts)]
        if not emotions:
            errors = [max(error, LEAST_PEOPLE) for error in errors]
        margins = [abs(two.mean - one.mean) / error for (one, two), error in zip(pairwise(parts), errors, strict=True)]
        if not margins or min(margins) > CLEARLY:
            return spans, parts, errors
        worst = margins.index(min(margins))
        joined = spans[worst][0], spans[worst + 1][1]
        spans = [*spans[:worst], joined, *spans[worst + 2 :]]
        part = part_of(records[slice(*joined)], values[slice(*joined)])
        parts = [*parts[:worst], part, *parts[worst + 2 :]]
