"""The averages of a lesson, and how far each may be off."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from edge.hub.lesson.changes import is_long_enough, standard_error, values_of
from edge.hub.lesson.samples import GROUPS, PEOPLE, Sample


class Average(NamedTuple):
    """An average of a group.

    Attributes:
        value: people; of a group of emotions, its share of the people, 0 to 1.
        error: in the unit of `value`: the scatter of the records; of emotions, `emotions_error` joined to it.

    """

    value: float
    error: float


def error_of(group: str, shown: Sequence[Sample]) -> float | None:
    """Return how far the average of a group of emotions may be off, people; None: a record has no `emotions_error`.

    Of all emotions together the model errs by so many people, so of one of them by no more.
    """
    errors = [each.error for each in shown if each.error is not None]
    if len(errors) < len(shown):
        return None
    return math.hypot(standard_error(group, shown), statistics.fmean(errors))


def averages(samples: Sequence[Sample]) -> dict[str, Average]:
    """Return the averages of `PEOPLE` and of `GROUPS` of which there are enough records; of emotions, with an error."""
    found = {}
    seen = [each for each in samples if each.people is not None]
    if is_long_enough(seen):
        found[PEOPLE] = Average(statistics.fmean(values_of(PEOPLE, seen)), standard_error(PEOPLE, seen))
    shown = [each for each in samples if each.emotions is not None]
    if not is_long_enough(shown):
        return found
    people = statistics.fmean(values_of(PEOPLE, shown))
    for group in GROUPS if people else ():  # of nobody there are no shares
        error = error_of(group, shown)
        if error is not None:
            found[group] = Average(statistics.fmean(values_of(group, shown)) / people, error / people)
    return found


def unit_of(group: str) -> str:
    """Return the unit of an average of a group, as the API names it."""
    return PEOPLE if group == PEOPLE else "share"
