"""Two lessons of a room side by side: what differs by more than its error, and what does not."""

import math
from collections.abc import Sequence
from typing import Any

from edge.hub.lesson.averages import averages, unit_of
from edge.hub.lesson.changes import CLEARLY, LEAST_PEOPLE
from edge.hub.lesson.samples import PEOPLE, Sample


def differences(one: Sequence[Sample], other: Sequence[Sample]) -> list[dict[str, Any]]:
    """Return the facts of a comparison of two lessons, the first one as seen from the other one.

    The error of a difference joins those of both averages. The model may err otherwise in another lesson, in which
    people sit elsewhere and the light is another one, so its error counts twice.
    """
    first, second = averages(one), averages(other)
    both = [group for group in first if group in second]
    if not both:
        return [{"code": "too_short"}]
    found: list[dict[str, Any]] = []
    alike = []
    for group in both:
        error = math.hypot(first[group].error, second[group].error)
        error = max(error, LEAST_PEOPLE) if group == PEOPLE else error
        difference = first[group].value - second[group].value
        numbers = {
            "group": group,
            "unit": unit_of(group),
            "value": round(first[group].value, 4),
            "other": round(second[group].value, 4),
        }
        if abs(difference) <= CLEARLY * error:
            alike.append(numbers)
            continue
        direction = "above" if difference > 0 else "below"
        found.append({"code": "difference", **numbers, "error": round(error, 4), "direction": direction})
    if alike:
        found.append({"code": "alike", "groups": alike})
    if both == [PEOPLE]:
        found.append({"code": "no_emotions"})
    return found
