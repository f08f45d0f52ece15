"""Lessons from the text of an iCalendar; what repeats is expanded by the library recurring-ical-events."""

import contextlib
import re
import threading
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from edge.hub.errors import CalendarUnusable

_LONGEST = timedelta(hours=6)
"""Longer events are no lessons."""
_LONGEST_TEXT = 80
_DAYS_KEPT = 200
_FOLDED = re.compile(r"\r?\n[ \t]")
"""A long line goes on after this (RFC 5545, 3.1)."""
_TOO_OFTEN = re.compile(r"FREQ=(SECONDLY|MINUTELY|HOURLY)|BYHOUR=|BYMINUTE=|BYSECOND=|INTERVAL=0+\b", re.IGNORECASE)
_TIMES_A_YEAR = {"DAILY": 365, "WEEKLY": 52, "MONTHLY": 12}
_MOST_REPEATS = 400_000
"""Of all events together, from their first day to today: each new day costs a step for each, 10 microseconds."""
_FURTHEST = timedelta(days=10 * 366)
"""Days before and after today whose lessons are asked for."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")

Found = tuple[int, int, str, str]
"""Begin and end in seconds since 1970, period, title."""


class Events:
    """The events of a calendar, for any thread.

    Attributes:
        left_out: how many events cannot be read.

    """

    def __init__(self, calendar: icalendar.Calendar) -> None:
        broken = [each for each in calendar.walk("VEVENT") if each.errors or "DTSTART" not in each]
        self.left_out = len(broken)
        calendar.subcomponents = [each for each in calendar.subcomponents if each not in broken]
        self._query = recurring_ical_events.of(calendar, skip_bad_series=True)
        self._alone = threading.Lock()
        self._of_day = lru_cache(_DAYS_KEPT)(self._expand)

    def of_day(self, day: date, zone: ZoneInfo, room: str) -> list[Found]:
        """Return the lessons that begin on a day; of a room, or all for an empty one.

        Raises:
            CalendarUnusable: the times of an event cannot be computed.

        """
        if abs(day - datetime.now(zone).date()) > _FURTHEST:
            return []
        try:
            with self._alone:
                events = self._of_day(day, zone)
        except (OverflowError, ValueError, TypeError) as error:
            problem, remedy = "has an event whose times cannot be computed", "look for one that ends in a far year"
            raise CalendarUnusable("the calendar", problem, remedy) from error
        return [found for found, place in events if not room or not place or place.casefold() == room.casefold()]

    def _expand(self, day: date, zone: ZoneInfo) -> list[tuple[Found, str]]:
        """Return the lessons of a day with their places."""
        begin = datetime.combine(day, time(), zone)
        found = []
        for event in self._query.between(begin, begin + timedelta(hours=26)):
            with contextlib.suppress(ValueError):  # one without begin or end
                lesson = _lesson(event, zone, day)
                if lesson is not None:
                    found.append(lesson)
        return found


def _lesson(event: Any, zone: ZoneInfo, day: date) -> tuple[Found, str] | None:  # noqa: ANN401 - icalendar's
    """Return a lesson with its place; None: the event is none."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or not isinstance(end, datetime) or event.get("STATUS") == "CANCELLED":
        return None  # a whole day, or one that does not take place
    first, last = (each if each.tzinfo else each.replace(tzinfo=zone) for each in (start, end))
    if first.astimezone(zone).date() != day or not timedelta() < last - first <= _LONGEST:
        return None
    title, place = (_text(event.get(name)) for name in ("SUMMARY", "LOCATION"))
    return (int(first.timestamp()), int(last.timestamp()), "", title), place


def read_events(text: str, name: str) -> Events:
    """Return the events of an iCalendar.

    Raises:
        CalendarUnusable: it is none, or has events that repeat within a day.

    """
    if _TOO_OFTEN.search(_FOLDED.sub("", text)):
        problem = "has an event that repeats every hour or more often"
        raise CalendarUnusable(name, problem, "delete that event: a lesson repeats by day or week")
    try:
        calendar = icalendar.Calendar.from_ical(text)
        if (repeats := _repeats(calendar)) > _MOST_REPEATS:
            problem = f"has events that have repeated {repeats} times until today, more than {_MOST_REPEATS}"
            raise CalendarUnusable(name, problem, "delete events of former years, or let them begin this year")
        return Events(calendar)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        remedy = "export it as an iCalendar file (.ics) again"
        raise CalendarUnusable(name, "is no iCalendar", remedy) from error


def _repeats(calendar: icalendar.Calendar) -> int:
    """Return how often all events have repeated until today, about."""
    repeats = 0.0
    this_year = datetime.now(UTC).year
    for event in calendar.walk("VEVENT"):
        begun = getattr(event.get("DTSTART"), "dt", None)
        years = this_year - (begun.year if isinstance(begun, date) else this_year)
        rules: Any = event.get("RRULE") or []
        for rule in rules if isinstance(rules, list) else [rules]:
            times = _TIMES_A_YEAR.get(str(next(iter(rule.get("FREQ", [])), "")).upper(), 1)
            days = max(len(rule.get(name, [])) for name in ("BYDAY", "BYMONTHDAY", "BYYEARDAY"))
            repeats += (max(0, years) + 1) * times * max(1, days)
    return round(repeats)


def _text(value: Any) -> str:  # noqa: ANN401 - a property of an event
    """Return a text of one line, of at most 80 characters."""
    return _CONTROL.sub(" ", str(value or "")).strip()[:_LONGEST_TEXT]
