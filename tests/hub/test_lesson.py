"""The summary of a lesson over HTTP and on a terminal, from records in a real store."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.people.audit import Entry
from edge.hub.settings import load
from edge.hub.store.database import Database
from edge.hub.store.writer import Store
from edge.system.clock import iso
from tests.conftest import free_port
from tests.hub.people import School
from tests.hub.running import health_of, run_hub, write_hub_config
from tests.views.published import LENGTH, Device

SITE, ROOM = "north", "N-one"
LESSON = 2700
TODAY = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""A lesson of yesterday, whatever day of the week that is."""
BEGIN = int(TODAY.timestamp())
TIMETABLE = {"site": SITE, "timezone": "UTC", "periods": ["mon-sun 08:00-08:45 3: Mathematics"]}


def lesson_records(begin: int, people: float, happy: float, device: str = "pi-1") -> list[dict[str, Any]]:
    """Return the records of a lesson in which some numbers scatter a little."""
    chance = random.Random(begin)
    made = Device(device, site=SITE, room=ROOM, begin=begin)
    return [
        made.next(people, happy=round(happy + chance.choice((-0.5, 0.0, 0.5)), 1), sad=2.0, unsure=1.0)
        for _ in range(LESSON // LENGTH)
    ]


class Bench:
    """A school with lessons in one room, and a client for each person."""

    def __init__(self, folder: Path, **timetable: Any) -> None:
        self.school = School(folder, timetables=[TIMETABLE | timetable])
        self.school.admit_everyone()

    def write(self, *records: dict[str, Any]) -> None:
        messages = [(Place(SITE, each["device"]), PublishedRecord.model_validate(each)) for each in records]
        self.school.store.write(messages, {})

    def lesson(self, name: str = "anna", begin: int = BEGIN, length: int = LESSON) -> dict[str, Any]:
        asked = {"site": SITE, "room": ROOM, "from": iso(begin), "to": iso(begin + length)}
        answer = self.school.logged_in(name).get("/api/v1/lesson", params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def facts(self, code: str, **of: Any) -> list[dict[str, Any]]:
        found = self.lesson(**of)["facts"]
        return [each for each in found if each["code"] == code]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.school.database.engine.dispose()


def test_a_lesson_says_who_was_there_what_changed_and_how_sure_it_is(bench: Bench) -> None:
    records = lesson_records(BEGIN, 24.0, 6.0)
    half = lesson_records(BEGIN, 18.0, 6.0)
    for number in range(120, 180):
        records[number] |= {name: half[number][name] for name in ("faces", "emotions", "emotions_error")}
    bench.write(*records)
    found = bench.lesson()
    people, *shares = (each for each in found["facts"] if each["code"] in {"people", "share"})
    assert (people["mean"], people["low"], people["high"], people["most"]) == (22.7, 18.0, 24.0, 24)
    assert {each["group"]: round(each["people"]) for each in shares} == {
        "smiling": 6,
        "neutral": 14,
        "other": 2,
        "unsure": 1,
    }
    assert all(each["error"] >= records[130]["emotions_error"] for each in shares)
    steps = [(each["at"], each["before"], each["after"]) for each in found["changes"] if each["group"] == "people"]
    assert steps == [(iso(BEGIN + 1200), 24.0, 18.0), (iso(BEGIN + 1800), 18.0, 24.0)]
    assert all(abs(each["difference"]) > each["error"] for each in found["changes"])
    assert {each["group"] for each in found["changes"]} == {"people", "neutral"}
    assert (found["device"], found["seconds"], found["told"]) == ("pi-1", LESSON, LESSON)
    assert found["lesson"] == {"period": "3", "title": "Mathematics"}
    assert found["usual"] is None


def test_what_was_not_told_says_why_and_by_whom(bench: Bench) -> None:
    device, records = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN), []
    for number in range(LESSON // LENGTH):
        paused, few = 30 <= number < 48, 100 <= number < 106
        record = device.next(3.0 if few else 20.0, happy=1.0, paused=paused)
        if not 200 <= number < 212:
            records.append(record)
    for number in range(250, 260):
        records[number - 12] |= {"boot": "0" * 8}
    bench.write(*records)
    stopped = health_of("pi-1", time=iso(BEGIN + 301), paused_by=["remote"])
    resumed = health_of("pi-1", time=iso(BEGIN + 481))
    bench.school.store.write([(Place(SITE, "pi-1"), each) for each in (stopped, resumed)], {})
    audit = bench.school.access.audit
    audit._now = lambda: float(BEGIN + 299)
    with bench.school.database.begin() as connection:
        audit.add(connection, Entry("anna", "paused", "pi-1", SITE))
    untold = {each["reason"]: each for each in bench.facts("untold")}
    span = {"from": iso(BEGIN + 300), "to": iso(BEGIN + 480)}
    assert untold["paused"] | {"code": ""} == {
        "code": "", "reason": "paused", "seconds": 180, "by": ["remote"], "who": "anna", "spans": [span],
    }  # fmt: skip
    # One person more is needed to publish again, and there are enough.
    assert untold["below_min_group"]["seconds"] == 60
    assert untold["missing"]["spans"] == [{"from": iso(BEGIN + 2000), "to": iso(BEGIN + 2120)}]
    assert bench.facts("untold", name="hall")[0]["who"] is None


@pytest.mark.parametrize(
    ("orders", "resumed", "who"),
    [
        ([(-4000, "anna", "paused", "")], None, "anna"),
        ([(-4000, "anna", "paused", ""), (-3000, "hub", "resumed", "the pause of anna ended")], None, None),
        ([(-4000, "anna", "paused", "")], -3000, None),
        ([(-4000, "anna", "paused", ""), (-3000, "bob", "resumed", "failed: it is not connected")], None, "anna"),
        ([(-4000, "anna", "paused", "failed: it is not connected")], None, None),
        ([(-4000, "anna", "paused", ""), (700, "bob", "resumed", ""), (900, "bob", "paused", "")], None, "anna"),
    ],
)
def test_nobody_is_named_whose_order_did_not_hold(
    bench: Bench, orders: list[tuple[int, str, str, str]], resumed: int | None, who: str | None
) -> None:
    """The first ten minutes are paused from afar; times are seconds after the begin of the lesson."""
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN)
    bench.write(*(device.next(20.0, happy=1.0, paused=number < 60) for number in range(LESSON // LENGTH)))
    told = [(-100, ["remote"]), (602, [])] if resumed is None else [(resumed, []), (-100, ["remote"]), (602, [])]
    for when, by in told:
        health = health_of("pi-1", time=iso(BEGIN + when), paused_by=by)
        bench.school.store.write([(Place(SITE, "pi-1"), health)], {})
    audit = bench.school.access.audit
    for when, actor, action, detail in orders:
        audit._now = lambda when=when: float(BEGIN + when)  # type: ignore[misc]
        audit.note(Entry(actor, action, "pi-1", SITE, detail))
    [paused] = [each for each in bench.facts("untold") if each["reason"] == "paused"]
    assert (paused["by"], paused["who"]) == (["remote"], who)


@pytest.mark.parametrize(("since_the_last", "untold"), [(25, []), (60, ["silent"])])
def test_while_a_lesson_runs_the_latest_record_may_be_on_its_way(
    bench: Bench, since_the_last: int, untold: list[str]
) -> None:
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN)
    bench.write(*(device.next(20.0, happy=5.0) for _ in range(60)))
    bench.school.lessons._now = lambda: BEGIN + 60 * LENGTH + since_the_last
    assert [each["reason"] for each in bench.facts("untold")] == untold


def test_an_average_lies_between_the_numbers_beside_it(bench: Bench) -> None:
    """A class that comes in makes it lower than nearly all records."""
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN)
    bench.write(*(device.next(6.0 if number < 15 else 26.0, happy=2.0) for number in range(LESSON // LENGTH)))
    [people] = bench.facts("people")
    assert (people["low"], people["mean"], people["high"]) == (24.9, 24.9, 26.0)


def test_records_of_practice_tell_nothing(bench: Bench) -> None:
    """Somebody tried the device out: that is no lesson, neither now nor in a former week."""
    records = lesson_records(BEGIN, 24.0, 6.0)
    for number in range(100, 160):
        records[number] |= {"practice": True}
    bench.write(*records)
    found = bench.lesson()
    assert found["told"] == LESSON - 600
    untold = [(each["reason"], each["seconds"]) for each in found["facts"] if each["code"] == "untold"]
    assert (untold, found["changes"]) == ([], [])
    for week in (1, 2, 3):
        former = lesson_records(BEGIN - week * 7 * 86_400, 24.0, 6.0)
        bench.write(*(each | {"practice": True} for each in former))
    assert bench.lesson()["usual"] is None


def test_usual_is_that_of_former_weeks_at_the_same_time(bench: Bench) -> None:
    """Of at least three; a lesson that differs by more than they scatter and its error is named, another one not."""
    week = 7 * 86_400
    for number in (1, 2):
        bench.write(*lesson_records(BEGIN - number * week, 23.0 + number, 6.0))
    bench.write(*lesson_records(BEGIN, 12.0, 3.0))
    assert (bench.lesson()["usual"], bench.facts("usual")) == (None, [])
    bench.write(*lesson_records(BEGIN - 3 * week, 23.0, 6.0), *lesson_records(BEGIN - 4 * week, 24.0, 6.0))
    found = bench.lesson()
    assert found["usual"]["lessons"] == 4
    assert [each["minute"] for each in found["usual"]["minutes"]] == list(range(45))
    assert found["usual"]["minutes"][0]["people"] == {"median": 24.0, "low": 23.75, "high": 24.25}
    assert found["usual"]["minutes"][0]["smiling"]["median"] == pytest.approx(6.0, abs=0.5)
    usual = [each for each in found["facts"] if each["code"] == "usual"]
    assert [(each["group"], each["value"], each["median"], each["direction"]) for each in usual] == [
        ("people", 12.0, 24.0, "below")
    ]
    assert all(abs(each["value"] - each["median"]) > each["error"] for each in usual)
    [alike] = bench.facts("as_usual")
    assert [(each["group"], each["unit"]) for each in alike["groups"]] == [
        (group, "share") for group in ("smiling", "neutral", "other", "unsure")
    ]
    assert [fact["code"] for fact in bench.lesson(begin=BEGIN - week)["facts"] if "usual" in fact["code"]] == [
        "as_usual"
    ]


def test_the_time_of_a_holiday_is_no_former_lesson(tmp_path: Path) -> None:
    """The room is empty then; the timetable says so."""
    week = 7 * 86_400
    off = f"{TODAY - timedelta(days=14):%Y-%m-%d}"
    bench = Bench(tmp_path, holidays=[off])
    for number in (1, 3, 4):
        bench.write(*lesson_records(BEGIN - number * week, 24.0, 6.0))
    empty = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN - 2 * week, min_group=1)
    bench.write(*(empty.next(0.0) for _ in range(LESSON // LENGTH)))
    bench.write(*lesson_records(BEGIN, 24.0, 6.0))
    assert bench.lesson()["usual"]["lessons"] == 3
    bench.school.database.engine.dispose()


def test_a_group_is_compared_with_those_former_lessons_that_told_it(bench: Bench) -> None:
    """In one of them nearly everyone smiled, so that its records have limits instead of numbers."""
    week = 7 * 86_400
    unanimous = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN - 4 * week, max_share=0.8)
    bench.write(*(unanimous.next(24.0, happy=24.0) for _ in range(LESSON // LENGTH)))
    for number in (3, 2, 1, 0):
        bench.write(*lesson_records(BEGIN - number * week, 24.0, 6.0))
    compared = [(fact["lessons"], [each["group"] for each in fact["groups"]]) for fact in bench.facts("as_usual")]
    assert compared == [(4, ["people"]), (3, ["smiling", "neutral", "other", "unsure"])]


def test_two_lessons_side_by_side_have_a_verdict(bench: Bench) -> None:
    """What differs clearly has its numbers, the rest is alike; another camera and what goes on are not compared."""
    week = 7 * 86_400
    bench.write(*lesson_records(BEGIN, 12.0, 3.0), *lesson_records(BEGIN - week, 24.0, 6.0))
    bench.write(*lesson_records(BEGIN - 2 * week, 24.0, 6.0, "pi-2"))

    def compared(other: int) -> list[dict[str, Any]]:
        times = {"from": BEGIN, "to": BEGIN + LESSON, "other_from": other, "other_to": other + LESSON}
        asked = {"site": SITE, "room": ROOM} | {name: iso(time) for name, time in times.items()}
        answer = bench.school.logged_in("anna").get("/api/v1/comparison", params=asked)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["facts"]
        return found

    stated, alike = compared(BEGIN - week)
    assert (stated["group"], stated["value"], stated["other"], stated["direction"]) == ("people", 12.0, 24.0, "below")
    assert 12.0 > stated["error"] > 0
    assert [each["group"] for each in alike["groups"]] == ["smiling", "neutral", "other", "unsure"]
    assert compared(BEGIN - 2 * week) == [{"code": "other_device"}]
    assert compared(BEGIN - 3 * week) == [{"code": "too_short"}]
    bench.school.lessons._now = lambda: BEGIN + 600
    assert compared(BEGIN - week) == [{"code": "goes_on"}]


def test_heat_is_by_weekday_and_hour(bench: Bench) -> None:
    bench.write(*lesson_records(BEGIN, 24.0, 6.0), *lesson_records(BEGIN - 7 * 86_400, 20.0, 6.0))
    answer = bench.school.logged_in("anna").get("/api/v1/heat", params={"site": SITE, "room": ROOM, "weeks": 2})
    cells = [each for each in answer.json()["cells"] if each["seconds"] > 1000]
    assert [(each["weekday"], each["hour"], each["seconds"], each["people"]) for each in cells] == [
        (TODAY.weekday(), 8, 2 * LESSON, 22.0)
    ]
    assert cells[0]["smiling"] == pytest.approx(6.0, abs=0.2)
    assert (cells[0]["other"], cells[0]["unsure"]) == (2.0, 1.0)


def test_heat_has_no_average_of_a_group_that_was_partly_withheld(bench: Bench) -> None:
    """Where `min_cell` hides smiling people for a while, the mean of the rest of the hour would be too large."""
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN, min_cell=3)
    shown = [device.next(24.0, happy=6.0, sad=4.0, unsure=4.0) for _ in range(LESSON // LENGTH - 90)]
    hidden = [device.next(24.0, happy=1.0, sad=4.0, unsure=4.0) for _ in range(90)]
    assert [each["emotions"]["happy"] for each in (shown[0], hidden[-1])] == [6.0, None]
    bench.write(*shown, *hidden)
    answer = bench.school.logged_in("anna").get("/api/v1/heat", params={"site": SITE, "room": ROOM, "weeks": 2})
    cell = max(answer.json()["cells"], key=lambda each: each["seconds"])
    assert [cell[group] for group in ("people", "smiling", "other", "unsure")] == [24.0, None, None, None]
    assert cell["neutral"] == 11.67  # 10 people for half an hour, 15 for a quarter


def test_heat_has_no_average_of_records_that_have_bounds(bench: Bench) -> None:
    """Where nearly everybody looks neutral, the record shows fewer as neutral, and the others as unsure."""
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN, max_share=0.8)
    bench.write(*(device.next(24.0, happy=6.0 * (number < 200)) for number in range(LESSON // LENGTH)))
    answer = bench.school.logged_in("anna").get("/api/v1/heat", params={"site": SITE, "room": ROOM, "weeks": 2})
    cell = max(answer.json()["cells"], key=lambda each: each["seconds"])
    assert [cell[group] for group in ("people", "neutral", "unsure", "smiling", "other")] == [24.0] + 4 * [None]


def test_an_hour_of_a_zone_half_an_hour_off_holds_the_records_of_that_hour(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    full = int(datetime.fromtimestamp(BEGIN, ZoneInfo("Asia/Kolkata")).replace(minute=0).timestamp())
    for begin, people in ((full - 1800, 8.0), (full, 24.0), (full + 1800, 24.0)):
        device = Device("pi-9", site="south", room="S-nine", begin=begin)
        records = [PublishedRecord.model_validate(device.next(people, happy=6.0)) for _ in range(180)]
        bench.school.store.write([(Place("south", "pi-9"), each) for each in records], {})
    answer = bench.school.logged_in("ada").get("/api/v1/heat?site=south&room=S-nine&weeks=2").json()
    hour = datetime.fromtimestamp(full, ZoneInfo("Asia/Kolkata")).hour
    assert [(cell["hour"], cell["people"]) for cell in answer["cells"]] == [(hour - 1, 8.0), (hour, 24.0)]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_hours_of_a_room_without_a_timetable_are_those_of_the_machine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    begin = datetime.fromtimestamp(BEGIN, ZoneInfo(zone))
    device = Device("pi-9", site="south", room="S-nine", begin=BEGIN)
    record = PublishedRecord.model_validate(device.next(24.0, happy=6.0))
    bench.school.store.write([(Place("south", "pi-9"), record)], {})
    answer = bench.school.logged_in("ada").get("/api/v1/heat?site=south&room=S-nine&weeks=2").json()
    assert (answer["zone"], answer["cells"][0]["hour"]) == (zone, begin.hour)


def test_of_emotions_that_were_not_told_no_change_is_denied(bench: Bench) -> None:
    """Nearly everyone looks neutral, then nearly everyone smiles. Such records have limits instead of numbers."""
    device = Device("pi-1", site=SITE, room=ROOM, begin=BEGIN, max_share=0.8)
    bench.write(*(device.next(24.0, happy=24.0 * (number > 130)) for number in range(LESSON // LENGTH)))
    codes = [each["code"] for each in bench.lesson()["facts"]]
    assert "no_change_people" in codes
    assert "no_change" not in codes


def test_emotions_are_told_where_only_the_observations_are_withheld(bench: Bench) -> None:
    """Such a record is marked as one that has bounds, and has every number."""
    hidden = {"suppressed": "above_max_share"}
    bench.write(*(each | hidden for each in lesson_records(BEGIN, 24.0, 6.0)))
    found = bench.lesson()["facts"]
    assert [each["code"] for each in found if each["code"] in {"untold", "no_change"}] == ["no_change"]


def test_of_two_devices_in_a_room_the_one_with_the_most_numbers_counts(bench: Bench) -> None:
    bench.write(*lesson_records(BEGIN, 24.0, 6.0), *lesson_records(BEGIN, 10.0, 2.0, "pi-2")[:100])
    found = bench.lesson()
    assert (found["device"], found["other_devices"], found["changes"]) == ("pi-1", ["pi-2"], [])


def test_each_of_two_devices_in_a_room_has_a_lesson_of_its_own(bench: Bench) -> None:
    """The page of the second camera shows the numbers of that camera, and not those of the first one."""
    bench.write(*lesson_records(BEGIN, 24.0, 6.0), *lesson_records(BEGIN, 10.0, 2.0, "pi-2")[:200])
    bench.write(*lesson_records(BEGIN - 86_400, 24.0, 6.0))
    client = bench.school.logged_in("anna")

    def of(route: str, begin: int = BEGIN, **more: Any) -> dict[str, Any]:
        asked = {"site": SITE, "room": ROOM, "from": iso(begin), "to": iso(begin + LESSON), **more}
        answer = client.get(f"/api/v1/{route}", params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    means = {}
    for device, others in (("pi-1", ["pi-2"]), ("pi-2", ["pi-1"])):
        found = of("lesson", device=device)
        assert (found["device"], found["other_devices"]) == (device, others)
        means[device] = found["facts"][0]["mean"]
        for resolution in ("minute", "hour"):
            averages = of("averages", device=device, resolution=resolution)["averages"]
            assert {each["faces"]["mean"] for each in averages} == {means[device]}
    assert means == {"pi-1": 24.0, "pi-2": 10.0}
    before: dict[str, Any] = {"other_from": iso(BEGIN - 86_400), "other_to": iso(BEGIN - 86_400 + LESSON)}
    assert of("comparison", device="pi-2", **before)["facts"] == [{"code": "other_device"}]
    assert of("comparison", device="pi-1", **before)["facts"][0]["code"] == "alike"
    before_it_came = of("lesson", device="pi-2", begin=BEGIN - 86_400)
    assert (before_it_came["device"], before_it_came["other_devices"]) == ("pi-1", [])
    heat = client.get("/api/v1/heat", params={"site": SITE, "room": ROOM, "weeks": 2, "device": "pi-2"}).json()
    assert [cell["people"] for cell in heat["cells"]] == [10.0]
    long = {"from": iso(BEGIN - 40 * 86_400), "to": iso(BEGIN), "resolution": "hour", "device": "pi-2"}
    answer = client.get("/api/v1/averages", params={"site": SITE, "room": ROOM, **long})
    assert "at most 31 days" in answer.json()["detail"]


def test_a_time_without_records_has_no_facts_but_that(bench: Bench) -> None:
    found = bench.lesson(begin=BEGIN - 3 * 86_400)
    assert (found["device"], found["told"], found["changes"]) == (None, 0, [])
    assert [each["code"] for each in found["facts"]] == ["no_emotions", "too_short", "untold"]
    assert found["facts"][2]["reason"] == "silent"


def test_a_lesson_that_has_not_begun_lacks_nothing(bench: Bench) -> None:
    bench.school.lessons._now = lambda: BEGIN - 60
    found = bench.lesson()
    assert (found["facts"], found["changes"]) == ([{"code": "not_begun"}], [])


@pytest.mark.parametrize(
    ("route", "more", "problem"),
    [
        ("lesson", {"from": iso(BEGIN), "to": iso(BEGIN + 7 * 3600)}, "at most 6 hours"),
        ("lesson", {"from": iso(BEGIN), "to": iso(BEGIN)}, "later than `from`"),
        ("lessons", {"day": "2026-13-01"}, "day: "),
        (
            "comparison",
            {
                "from": iso(BEGIN),
                "to": iso(BEGIN + LESSON),
                "other_from": iso(BEGIN),
                "other_to": iso(BEGIN),
            },
            "`other_to` must be later",
        ),
        ("heat", {"weeks": 53}, "weeks: "),
        ("marks", {"from": iso(BEGIN), "to": iso(BEGIN + 40 * 86_400)}, "at most 31 days"),
    ],
)
def test_a_wrong_question_is_refused(bench: Bench, route: str, more: dict[str, Any], problem: str) -> None:
    answer = bench.school.logged_in("ada").get(f"/api/v1/{route}", params={"site": SITE, "room": ROOM} | more)
    assert answer.status_code == 422
    assert problem in answer.json()["detail"]


def test_lessons_of_a_day(bench: Bench) -> None:
    asked = {"site": SITE, "room": ROOM, "day": f"{TODAY:%Y-%m-%d}"}
    found = bench.school.logged_in("anna").get("/api/v1/lessons", params=asked).json()
    times = {"from": iso(BEGIN), "to": iso(BEGIN + LESSON)}
    lesson = {"period": "3", "title": "Mathematics"} | times
    assert found == {"zone": "UTC", "lessons": [lesson], "problem": None}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a timetable, and a history with a lesson in which six people leave."""
    file = write_hub_config(tmp_path, free_port())
    table = 'site = "north"\ntimezone = "UTC"\nperiods = ["mon-sun 08:00-08:45 3: Mathematics"]'
    whole, _end, last = file.read_text().rpartition("# end")
    file.write_text(f"{whole}[[timetables]]\n{table}\n# end{last}")
    database = Database(load(file))
    database.upgrade()
    records = lesson_records(BEGIN, 24.0, 6.0)[:135] + lesson_records(BEGIN, 18.0, 6.0)[135:]
    for number, record in enumerate(records):
        record |= {"boot": records[0]["boot"], "seq": number}
    store = Store(database, 10)
    store.write([(Place(SITE, "pi-1"), PublishedRecord.model_validate(record)) for record in records], {})
    database.engine.dispose()
    return file


def test_the_command_says_it_in_english(config: Path) -> None:
    day = f"{TODAY:%Y-%m-%d}"
    of_day = run_hub("lesson", "--config", config, "--day", day, SITE, ROOM)
    assert of_day.stdout == "08:00–08:45  3   Mathematics\n", of_day.stderr
    done = run_hub("lesson", "--config", config, "--day", day, "--period", "3", SITE, ROOM)
    assert done.stdout.splitlines()[:3] == [
        f"north N-one, {day} 08:00–08:45 (UTC): 3 Mathematics",
        "45 of 45 minutes have a number of people.",
        "21.0 people on average; most of the time 18.0 to 24.0; at most 24 at once.",
    ], done.stderr
    assert "\n08:22: 6.0 ± 2.3 fewer people in view (from 24.0 to 18.0).\n" in done.stdout
    assert done.stdout.endswith("They do not say whether anybody follows the lesson.\n")
    same = run_hub(
        "lesson", "--config", config, "--day", day, "--from", "08:00", "--until", "08:45", "--json", SITE, ROOM
    )
    assert [each["code"] for each in json.loads(same.stdout)["facts"]] == ["people", *["share"] * 4]
    wrong = run_hub("lesson", "--config", config, "--day", day, "--period", "9", SITE, ROOM)
    assert (wrong.returncode, "has no lesson '9'" in wrong.stderr) == (2, True)
