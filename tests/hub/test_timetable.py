"""Which lessons a room has on a day: by periods and by calendars, also when the clocks change."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.config.file import parse_as
from edge.hub.lesson.calendars import LARGEST, Calendars, calendars_of, problems_of
from edge.hub.lesson.timetable import Timetables
from edge.hub.settings import HubSettings
from tests.conftest import until

ZONE = "Europe/Berlin"
BEFORE, AFTER = date(2026, 10, 23), date(2026, 10, 26)
"""The Friday and the Monday around the end of summer time."""
PERIODS = ["mon-fri 09:05-09:50 3: Mathematics", "fri 23:30-24:00 9"]
EVENT = (
    "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260801T000000Z\r\nDTSTART;TZID=Europe/Berlin:{day}T090500\r\n"
    "DTEND;TZID=Europe/Berlin:{day}T095000\r\n{more}END:VEVENT\r\n"
)


def calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n" + "".join(events) + "END:VCALENDAR\r\n"


def event(uid: int, more: str = "", day: str = "20261019") -> str:
    return EVENT.format(uid=uid, more=more, day=day)


WEEKLY = calendar(event(1, "RRULE:FREQ=WEEKLY\r\nSUMMARY:Mathematics\r\n"))


class Web:
    """A web server on this machine that answers with what a test says."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"", 0
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked += 1
                self.send_response(web.status)
                self.send_header("Content-Length", str(len(web.body)))
                self.end_headers()
                self.wfile.write(web.body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/secret/plan.ics"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.server.shutdown()
    web.server.server_close()


def timetables(folder: Path, *tables: dict[str, Any]) -> Timetables:
    whole = [{"site": "north", "timezone": ZONE} | table for table in tables]
    settings = HubSettings.model_validate({"timetables": whole, "store": {"directory": str(folder)}})
    calendars = calendars_of(settings)
    calendars.read_once()
    return Timetables(settings.timetables, calendars)


def walls(found: Timetables, day: date, room: str = "B12") -> list[tuple[str, str]]:
    """Return begin in UTC and title of the lessons of a day."""
    return [
        (f"{datetime.fromtimestamp(each.begin, UTC):%H:%M}", each.title)
        for each in found.day("north", room, day).lessons
    ]


def test_a_period_stays_at_its_hour_of_the_wall_clock(tmp_path: Path) -> None:
    found = timetables(tmp_path, {"periods": PERIODS})
    assert walls(found, BEFORE) == [("07:05", "Mathematics"), ("21:30", "")]
    assert walls(found, AFTER) == [("08:05", "Mathematics")]
    last = found.day("north", "B12", BEFORE).lessons[-1]
    assert (last.end - last.begin, last.period) == (1800, "9")
    assert walls(found, date(2026, 10, 24)) == []


def test_an_event_stays_at_its_hour_of_the_wall_clock(tmp_path: Path) -> None:
    file = tmp_path / "plan.ics"
    file.write_text(WEEKLY)
    found = timetables(tmp_path, {"calendar": str(file)})
    assert walls(found, date(2026, 10, 19)) == [("07:05", "Mathematics")]
    assert walls(found, AFTER) == [("08:05", "Mathematics")]


def test_a_room_has_its_own_timetable_or_that_of_its_site(tmp_path: Path) -> None:
    found = timetables(tmp_path, {"periods": PERIODS}, {"room": "C3", "periods": ["fri 10:00-10:45 4: Music"]})
    assert walls(found, BEFORE, "C3") == [("08:00", "Music")]
    assert len(walls(found, BEFORE, "B12")) == 2
    other = found.day("south", "B12", BEFORE)
    assert (other.zone, other.lessons, found.zone("north", "C3")) == (None, [], ZoneInfo(ZONE))


def test_no_lesson_takes_place_on_a_holiday(tmp_path: Path) -> None:
    found = timetables(tmp_path, {"periods": PERIODS, "holidays": ["2026-10-19/2026-10-23"]})
    assert (walls(found, BEFORE), len(walls(found, AFTER))) == ([], 1)


def test_events_that_are_no_lessons_of_the_room_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "plan.ics"
    file.write_text(
        calendar(
            event(1, "LOCATION:b12\r\nSUMMARY:here\r\n"),
            event(2, "LOCATION:C3\r\nSUMMARY:elsewhere\r\n"),
            event(3, "STATUS:CANCELLED\r\nSUMMARY:ill\r\n"),
            "BEGIN:VEVENT\r\nUID:4\r\nDTSTAMP:20260801T000000Z\r\nDTSTART;VALUE=DATE:20261019\r\nEND:VEVENT\r\n",
            "BEGIN:VEVENT\r\nUID:5\r\nDTSTAMP:20260801T000000Z\r\nSUMMARY:no time\r\nEND:VEVENT\r\n",
            event(6, "SUMMARY:everywhere\\n\x1b[31m<b>" + "x" * 200 + "\r\n"),
        )
    )
    found = timetables(tmp_path, {"calendar": str(file)})
    titles = [title for _begin, title in walls(found, date(2026, 10, 19))]
    assert len(titles) == 2
    assert titles[1] == "here"
    assert (titles[0][:12], len(titles[0]), "\x1b" in titles[0]) == ("everywhere [", 80, False)
    assert "1 events cannot be read and are left out" in found.day("north", "B12", AFTER).problem


def test_a_calendar_that_breaks_is_named_and_its_last_good_copy_goes_on(tmp_path: Path, web: Web) -> None:
    """Also after a restart; the path of an address may be a secret. The folder is not there yet, as with PostgreSQL."""
    tmp_path /= "none/yet"
    web.body = WEEKLY.encode()
    tables = {"calendar": web.address}, {"room": "C3", "periods": PERIODS}
    assert walls(timetables(tmp_path, *tables), AFTER) == [("08:05", "Mathematics")]
    for status, body, problem in (
        (500, b"", "answers 500"),
        (200, b"<html>log in</html>", "is no iCalendar"),
        (200, b"\xff\xfe", "is not UTF-8"),
        (200, b"BEGIN:VCALENDAR\r\n" + b" " * LARGEST, "has more than 4 MiB"),
        (200, WEEKLY.replace("WEEKLY", "SECONDLY").encode(), "repeats every hour or more often"),
    ):
        web.status, web.body = status, body
        found = timetables(tmp_path, *tables)
        day = found.day("north", "B12", AFTER)
        assert problem in day.problem
        assert "the calendar at 127.0.0.1: " in day.problem
        assert "secret" not in day.problem
        assert [each.title for each in day.lessons] == ["Mathematics"]
        assert len(walls(found, AFTER, "C3")) == 1
    web.server.shutdown()
    web.server.server_close()
    assert "cannot be reached" in problems_of([web.address])[0]


def test_a_calendar_is_read_by_the_running_hub(tmp_path: Path, web: Web) -> None:
    web.body = WEEKLY.encode()
    calendars = Calendars([web.address], tmp_path)
    calendars.start()
    try:
        until(lambda: calendars.get(web.address).last_good is not None)
        calendars.check()
        assert web.asked == 1
    finally:
        calendars.close()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('periods = ["mon 09:05-09:50"]', "is no period; write"),
        ('periods = ["mon 09:50-09:05 3"]', "end before they start"),
        ('calendar = "ftp://host/plan.ics"', "is no address of a calendar; write https://"),
        ("", "has neither periods nor a calendar, or both; set one of them"),
        ('calendar = "/a.ics"\nperiods = ["mon 09:05-09:50 3"]', "has neither periods nor a calendar, or both"),
        ('periods = ["mon 09:05-09:50 3"]\nrom = "B12"', "did you mean room?"),
    ],
)
def test_a_wrong_timetable_is_named_with_its_line(lines: str, problem: str) -> None:
    right = f'[[timetables]]\nsite = "north"\ntimezone = "{ZONE}"\n'
    text = f'client_id = "hub"\n{right}periods = ["mon 09:05-09:50 3"]\n\n{right}{lines}\n'
    _settings, found = parse_as(HubSettings, Path("hub.toml"), text)
    assert len(found) == 1
    assert problem in str(found[0])
    assert 6 <= int(str(found[0]).split(":")[1]) <= 11, str(found[0])


def test_a_time_zone_that_is_none_is_named() -> None:
    text = '[[timetables]]\nsite = "north"\ntimezone = "Europe/Berln"\nperiods = ["mon 09:05-09:50 3"]\n'
    _settings, found = parse_as(HubSettings, Path("hub.toml"), text)
    assert "hub.toml:3: timetables.0.timezone: 'Europe/Berln' is not a known time zone" in str(found[0])
