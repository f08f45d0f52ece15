"""The lessons of the demo's school: one is going on, whatever the hour, and none passes midnight."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edge.config.pause import weekly_hours
from edge.demo.timetable import lessons
from edge.simulation.school import School

MIDNIGHT = int(datetime(2026, 11, 27, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata"])
def test_at_every_minute_of_a_day_a_lesson_is_going_on(timezone: str) -> None:
    for minute in range(0, 24 * 60, 7):
        now = MIDNIGHT + 60 * minute
        hours = [weekly_hours(each) for each in lessons(now, timezone)]
        school = School(lessons=hours, zone=ZoneInfo(timezone))
        assert school.lesson(now), minute
        ordered = sorted((each.start, each.end) for each in hours)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ordered))
