"""Calendars that would stop the hub are refused by name, and one that errs spoils no other."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edge.hub.errors import CalendarUnusable
from edge.hub.lesson.events import read_events

BERLIN = ZoneInfo("Europe/Berlin")


def calendar(*events: str) -> str:
    """Return an iCalendar of events, each begun on a Monday at nine."""
    lines = "".join(f"BEGIN:VEVENT\r\nUID:{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n{lines}END:VCALENDAR\r\n"


def weekly(year: int, rule: str = "FREQ=WEEKLY") -> str:
    return f"DTSTART:{year}0105T080000Z\r\nDTEND:{year}0105T084500Z\r\nSUMMARY:Music\r\nRRULE:{rule}"


@pytest.mark.parametrize(
    "events",
    [
        [weekly(2026, "FREQ=SECO\r\n NDLY")],
        [weekly(2026, "FREQ=DAILY;BYHOUR=0,1,2;BYMINUTE=0,1")],
        [weekly(2026, "FREQ=DAILY;INTERVAL=0")],
        [weekly(1970, "FREQ=DAILY")] * 100,
    ],
    ids=["folded", "by minute", "never on", "since 1970"],
)
def test_a_calendar_that_repeats_too_often_is_refused_before_it_is_expanded(events: list[str]) -> None:
    with pytest.raises(CalendarUnusable, match=r"repeat"):
        read_events(calendar(*events), "school.ics")


def test_lessons_of_a_far_day_are_none_without_counting_up_to_it() -> None:
    events = read_events(calendar(*[weekly(2026)] * 50), "school.ics")
    assert events.of_day(date(9999, 12, 30), BERLIN, "") == []
    monday = datetime.now(UTC).date()
    monday -= timedelta(days=monday.weekday())
    assert events.of_day(monday, BERLIN, "")


def test_an_event_whose_times_cannot_be_computed_is_named() -> None:
    far = "DTSTART:20260105T080000Z\r\nDTEND:99990101T000000Z\r\nSUMMARY:Endless\r\nRRULE:FREQ=WEEKLY"
    events = read_events(calendar(weekly(2026), far), "school.ics")
    monday = datetime.now(UTC).date()
    monday -= timedelta(days=monday.weekday())
    with pytest.raises(CalendarUnusable, match="cannot be computed"):
        events.of_day(monday, BERLIN, "")
