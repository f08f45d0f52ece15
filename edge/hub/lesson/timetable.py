"""Which lessons a room has on a day, by the timetables of the hub's configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.hub.errors import CalendarUnusable
from edge.hub.lesson.calendars import Calendars
from edge.hub.settings import Timetable

_MOST = 100
"""Lessons of a day."""


class Lesson(NamedTuple):
    """A lesson: seconds since 1970, and what it is called."""

    begin: int
    end: int
    period: str
    title: str


@dataclass(frozen=True)
class Day:
    """The lessons of a room on one day.

    Attributes:
        zone: time zone of the day; None: the room has no timetable.
        lessons: in order of time.
        problem: why a calendar cannot be read now; empty: nothing is wrong.

    """

    zone: ZoneInfo | None
    lessons: list[Lesson]
    problem: str = ""


class Timetables:
    """For any thread."""

    def __init__(self, timetables: Sequence[Timetable], calendars: Calendars) -> None:
        self._timetables = timetables
        self._calendars = calendars

    def zone(self, site: str, room: str) -> ZoneInfo | None:
        """Return the time zone of a room; None: it has no timetable."""
        return next((each.zone for each in self._of(site, room)), None)

    def has_periods(self, site: str, room: str) -> bool:
        """Return whether the configuration lists the lessons of a room; it then holds for past days, too."""
        return any(each.periods for each in self._of(site, room))

    def day(self, site: str, room: str, day: date) -> Day:
        """Return the lessons of a room on a day of its time zone."""
        found: set[Lesson] = set()
        problems = []
        for each in self._of(site, room):
            if each.calendar:
                loaded = self._calendars.get(each.calendar)
                problems.append(loaded.problem)
                at = "" if each.room else room
                try:
                    found |= {Lesson(*event) for event in loaded.events(day, each.zone, at)}
                except CalendarUnusable as error:
                    problems.append(f"{error.thing} {error.problem}")
            else:
                found |= set(_periods(each, day))
        problem = "; ".join(filter(None, problems))
        return Day(self.zone(site, room), sorted(found)[:_MOST], problem)

    def lesson(self, site: str, room: str, begin: int, end: int) -> Lesson | None:
        """Return the lesson with this begin and end; None: there is none."""
        zone = self.zone(site, room)
        if zone is None:
            return None
        day = self.day(site, room, datetime.fromtimestamp(begin, zone).date())
        return next((each for each in day.lessons if (each.begin, each.end) == (begin, end)), None)

    def _of(self, site: str, room: str) -> list[Timetable]:
        """Return the timetables of a room; without one of its own, those of the site."""
        own = [each for each in self._timetables if each.site == site and each.room == room]
        return own or [each for each in self._timetables if each.site == site and not each.room]


def _periods(timetable: Timetable, day: date) -> list[Lesson]:
    if any(holiday.first <= day <= holiday.last for holiday in timetable.holidays):
        return []
    return [
        Lesson(moment(day, start, timetable.zone), moment(day, end, timetable.zone), name, title)
        for (days, start, end), name, title in timetable.periods
        if day.weekday() in days
    ]


def moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return the seconds since 1970 of a wall clock's minutes since midnight, also on a day of 23 or 25 hours."""
    days, rest = divmod(minutes, 24 * 60)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    return int(wall.timestamp())
