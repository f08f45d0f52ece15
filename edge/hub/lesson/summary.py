"""The facts of a lesson as codes with their numbers: who shows them makes the sentences."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Row

from edge.hub.lesson.averages import Average, averages, error_of, unit_of
from edge.hub.lesson.changes import CLEARLY, LEAST_PEOPLE, Change, is_long_enough, values_of
from edge.hub.lesson.samples import GROUPS, PEOPLE, Sample
from edge.hub.lesson.usual import FEWEST as FEWEST_LESSONS
from edge.hub.lesson.usual import Former, Usual, usual_of
from edge.system.clock import iso

_EDGE = 10
"""Of a hundred records of one side, so many are beyond `low` or `high`."""


def facts(rows: Sequence[Row[Any]], samples: Sequence[Sample], changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return how many people there were and what they showed; and whether there was no change.

    Args:
        rows: records of one device.
        samples: their numbers, one for each.
        changes: of `find_changes`.

    """
    seen = [each for each in samples if each.people is not None]
    found = _people(rows, seen)
    shown = [each for each in samples if each.emotions is not None]
    found += [_share(group, shown) for group in GROUPS] if shown else [{"code": "no_emotions"}]
    told = is_long_enough(shown) and all(each.error is not None for each in shown)
    if not is_long_enough(seen) and not changes:
        found.append({"code": "too_short"})
    elif not changes:
        found.append({"code": "no_change" if told else "no_change_people"})
    elif told and all(each.group == PEOPLE for each in changes):
        found.append({"code": "no_change_shown"})
    return found


def against_usual(samples: Sequence[Sample], former: Sequence[Former]) -> list[dict[str, Any]]:
    """Return in what the lesson differs from former ones by more than quartiles and error, and in what it does not.

    Of fewer than 3 former lessons: nothing. The error joins the scatter of this lesson's average, the model's error,
    and how far former lessons lie apart.
    """
    found: list[dict[str, Any]] = []
    alike: dict[int, list[dict[str, Any]]] = {}  # by the number of former lessons: not each has told emotions
    for group, average in averages(samples).items():
        values = [each.people for each in former]
        if group != PEOPLE:
            values = [each.shares[group] for each in former if each.shares is not None]
        if len(values) < FEWEST_LESSONS:
            continue
        numbers, differs = _compared(group, average, usual_of(values))
        if differs:
            found.append({"code": "usual", **numbers, "lessons": len(values)})
        else:
            alike.setdefault(len(values), []).append(numbers)
    return found + [{"code": "as_usual", "groups": groups, "lessons": number} for number, groups in alike.items()]


def described(change: Change) -> dict[str, Any]:
    """Return a change as the API says it."""
    return {
        "at": iso(change.at),
        "earliest": iso(change.earliest),
        "latest": iso(change.latest),
        "group": change.group,
        "before": round(change.before, 3),
        "after": round(change.after, 3),
        "difference": round(change.after - change.before, 3),
        "error": round(change.error, 3),
        "gradual": change.gradual,
        "with_people": change.with_people,
    }


def _people(rows: Sequence[Row[Any]], seen: Sequence[Sample]) -> list[dict[str, Any]]:
    if not seen:
        return []
    numbers = sorted(each.people or 0.0 for each in seen)
    beyond = len(numbers) * _EDGE // 100
    mean = round(sum((each.people or 0.0) * each.seconds for each in seen) / sum(each.seconds for each in seen), 1)
    return [
        {
            "code": PEOPLE,
            "mean": mean,
            # While a class comes in, the mean can lie outside of what most records say.
            "low": min(numbers[beyond], mean),
            "high": max(numbers[-1 - beyond], mean),
            "most": max((row.most for row in rows if row.most is not None and not row.practice), default=None),
        }
    ]


def _share(group: str, shown: Sequence[Sample]) -> dict[str, Any]:
    people = statistics.fmean(values_of(PEOPLE, shown))
    values = values_of(group, shown)
    value = statistics.fmean(values)
    error = error_of(group, shown)
    return {
        "code": "share",
        "group": group,
        "people": round(value, 1),
        "share": round(value / people, 2) if people else None,
        "error": None if error is None else math.ceil(error * 10) / 10,
        "error_share": math.ceil(error / people * 100) / 100 if error is not None and people else None,
    }


def _compared(group: str, average: Average, usual: Usual) -> tuple[dict[str, Any], bool]:
    """Return the numbers of a comparison, and whether they differ by more than the error."""
    whole = max(math.hypot(average.error, usual.scatter), LEAST_PEOPLE if group == PEOPLE else 0.0)
    difference = average.value - usual.median
    differs = not usual.low <= average.value <= usual.high and abs(difference) > CLEARLY * whole
    numbers = {
        "group": group,
        "unit": unit_of(group),
        "value": round(average.value, 4),
        "median": round(usual.median, 4),
        "low": round(usual.low, 4),
        "high": round(usual.high, 4),
        "error": round(whole, 4),
        "direction": "above" if difference > 0 else "below",
    }
    return numbers, differs
