"""Marks of people on the time axis: who may set and delete them, what they may hold, and when they go."""

import time
from typing import Any

import pytest

from edge.hub.lesson import marks as module
from edge.hub.store.history import Room
from edge.system.clock import iso
from tests.hub.people import School
from tests.hub.running import around_now

ROOM = {"site": "north", "room": "N-one"}
NOW = int(time.time())


@pytest.fixture
def people(school: School) -> School:
    school.admit_everyone()
    return school


def set_mark(school: School, name: str, text: str = "group work starts", at: int = NOW, **room: str) -> Any:
    return school.logged_in(name).post("/api/v1/marks", params=ROOM | room, json={"at": iso(at), "text": text})


def marks(school: School, name: str, **room: str) -> Any:
    return school.logged_in(name).get("/api/v1/marks", params=ROOM | room | around_now()).json()


def test_a_mark_says_what_when_and_who_and_goes_with_its_owner_alone(people: School) -> None:
    """A head and an administrator may mark, too; the head deletes own marks, the administrator any."""
    made = {
        name: set_mark(people, name, at=NOW + number).json() for number, name in enumerate(("anna", "hanna", "ada"))
    }
    assert made["anna"] | {"id": 0, "made": ""} == {
        "id": 0,
        "at": iso(NOW),
        "text": "group work starts",
        "by": "anna",
        "made": "",
        "mine": True,
    }
    shown = marks(people, "anna")
    assert [(each["by"], each["mine"]) for each in shown["marks"]] == [("anna", True), ("hanna", False), ("ada", False)]
    assert shown["may_mark"]
    screen = marks(people, "hall")
    assert ([each["by"] for each in screen["marks"]], screen["may_mark"]) == ([None] * 3, False)
    path = "/api/v1/marks/{}"
    refused = people.logged_in("hanna").delete(path.format(made["anna"]["id"]), params=ROOM)
    assert (refused.status_code, refused.json()["code"]) == (403, "mark_of_others")
    # The room of the parameters is the one that is checked, so a mark of another room is not found by it.
    elsewhere = people.logged_in("bert").delete(path.format(made["anna"]["id"]), params=ROOM | {"room": "N-two"})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "no_such_mark")
    for name, mark in (("anna", made["anna"]), ("ada", made["hanna"])):
        assert people.logged_in(name).delete(path.format(mark["id"]), params=ROOM).status_code == 204
    assert [each["by"] for each in marks(people, "anna")["marks"]] == ["ada"]


def test_a_mark_at_either_end_of_a_lesson_belongs_to_it(people: School) -> None:
    for at in (NOW - 1, NOW, NOW + 60, NOW + 61):
        set_mark(people, "anna", str(at - NOW), at)
    times = {"from": iso(NOW), "to": iso(NOW + 60)}
    shown = people.logged_in("anna").get("/api/v1/marks", params=ROOM | times).json()["marks"]
    assert [each["text"] for each in shown] == ["0", "60"]


def test_marks_are_in_the_audit_log_without_their_text(people: School) -> None:
    """A text that was deleted is gone."""
    mark = set_mark(people, "anna", "what Max said").json()
    people.logged_in("ada").delete(f"/api/v1/marks/{mark['id']}", params=ROOM)
    entries = people.logged_in("ada").get("/api/v1/audit", params=around_now()).json()["audit"]
    logged = [(each["actor"], each["action"], each["subject"]) for each in entries if each["action"].startswith("mark")]
    assert logged == [("ada", "mark deleted", "N-one"), ("anna", "mark set", "N-one")]
    assert "Max" not in str(entries)


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 81, "two\nlines", "\x1b[31mred", "nul\x00", "turned \u202e around", "\ud83dhalf"]
)
def test_a_text_that_could_do_something_is_refused(people: School, text: str) -> None:
    client = people.logged_in("anna")
    body = f'{{"at": "{iso(NOW)}", "text": {ascii_json(text)}}}'
    answer = client.post("/api/v1/marks", params=ROOM, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert marks(people, "anna")["marks"] == []


def ascii_json(text: str) -> str:
    return '"' + "".join(f"\\u{ord(each):04x}" for each in text) + '"'


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=HYPERLINK(1)", "' OR 1=1 --", "Gruppenarbeit: ½ 📚"])
def test_a_text_comes_back_as_it_was_written(people: School, text: str) -> None:
    assert set_mark(people, "anna", text).json()["text"] == text
    answer = people.logged_in("anna").get("/api/v1/marks", params=ROOM | around_now())
    assert [each["text"] for each in answer.json()["marks"]] == [text]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("days", [-32, 2])
def test_a_mark_far_from_now_is_refused(people: School, days: int) -> None:
    answer = set_mark(people, "anna", at=NOW + days * 86_400)
    assert (answer.status_code, "at: must lie" in answer.json()["detail"]) == (422, True)


def test_there_are_so_many_marks_of_a_day_at_most(people: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_A_DAY", 2)
    noon = NOW - NOW % 86_400 - 43_200
    assert [set_mark(people, "anna", at=noon).status_code for _ in range(3)] == [201, 201, 409]
    full = set_mark(people, "anna", at=noon)
    assert full.json()["code"] == "too_many_marks"
    assert set_mark(people, "anna", at=noon - 86_400).status_code == 201
    assert set_mark(people, "ada", at=noon, room="N-two").status_code == 201


def test_marks_go_with_the_records_of_their_time(people: School) -> None:
    """`store.keep_days`: by the time that is marked, whenever the mark was set."""
    keeper, room = people.access.marks, Room("north", "N-one")
    for days in (1, 9, 11):
        keeper.add(room, NOW - days * 86_400, f"{days} days ago", "anna")
    keeper.prune(0)
    assert len(keeper.of(room, 0, NOW)) == 3
    keeper.prune(10 * 86_400)
    assert [each.text for each in keeper.of(room, 0, NOW)] == ["9 days ago", "1 days ago"]
