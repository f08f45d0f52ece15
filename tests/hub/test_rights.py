"""Every route with every role and with none: what must not be read is not, and what must not be done is not."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from edge.hub.store.account_tables import sessions
from edge.system.clock import iso
from tests.hub.people import DEVICES, PASSWORD, School, session
from tests.hub.running import around_now

ROLES = {
    "none": "",
    "expired session": "ada",
    "teacher of another room": "bert",
    "teacher": "anna",
    "head of another site": "hugo",
    "head": "hanna",
    "admin": "ada",
    "screen of another room": "yard",
    "screen": "hall",
}
"""Of each role who has it. What they ask for is the device `pi-1` in its room."""
NOBODY = {"none", "expired session"}
EVERYONE = set(ROLES) - NOBODY
READERS = {"teacher", "head", "admin", "screen"}
SITE, ROOM = DEVICES["pi-1"]
OF_ROOM = {"site": SITE, "room": ROOM} | around_now()
LESSON = {"from": iso(time.time() - 2700), "to": iso(time.time())}
OTHER_LESSON = {"other_from": iso(time.time() - 7 * 86_400), "other_to": iso(time.time() - 7 * 86_400 + 2700)}
MARKERS = READERS - {"screen"}
MARK = {"at": iso(time.time()), "text": "group work"}
SECRETS = {"pi-1": ("pi-1", "N-one"), "pi-2": ("pi-2", "N-two"), "pi-3": ("pi-3", "S-three")}
"""Words that only answers about a device hold."""


@dataclass(frozen=True)
class Case:
    """A request, and who gets which answer; others get 403, and those without a login 401."""

    may: set[str]
    query: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    path: dict[str, str] = field(default_factory=dict)
    status: int = 200
    anyone: int = 0
    """Status for those without a login, where that is not 401."""


CASES = {
    ("get", "/api/v1/rooms"): Case(EVERYONE),
    ("get", "/api/v1/records"): Case(READERS, OF_ROOM),
    ("get", "/api/v1/averages"): Case(READERS, OF_ROOM),
    ("get", "/api/v1/gaps"): Case(READERS, OF_ROOM),
    ("get", "/api/v1/health"): Case(READERS, {"site": SITE, "device": "pi-1"} | around_now()),
    ("get", "/api/v1/lessons"): Case(READERS, {"site": SITE, "room": ROOM, "day": "2026-11-26"}),
    ("get", "/api/v1/lesson"): Case(READERS, OF_ROOM | LESSON),
    ("get", "/api/v1/comparison"): Case(READERS, OF_ROOM | LESSON | OTHER_LESSON),
    ("get", "/api/v1/heat"): Case(READERS, {"site": SITE, "room": ROOM}),
    ("get", "/api/v1/marks"): Case(READERS, OF_ROOM),
    ("post", "/api/v1/marks"): Case(MARKERS, {"site": SITE, "room": ROOM}, body=MARK, status=201),
    # 404: the mark is not there; whose it must be is in test_marks.py.
    ("delete", "/api/v1/marks/{mark}"): Case(MARKERS, {"site": SITE, "room": ROOM}, path={"mark": "99999"}, status=404),
    ("get", "/api/v1/state"): Case(EVERYONE, anyone=200),
    ("get", "/api/v1/devices"): Case(EVERYONE),
    ("get", "/api/v1/live"): Case(EVERYONE, status=503),  # this hub has room for no client; see test_lan.py
    ("get", "/api/v1/session"): Case(EVERYONE),
    ("post", "/api/v1/session"): Case(EVERYONE, body={"name": "ada", "password": PASSWORD}, anyone=200),
    ("delete", "/api/v1/session"): Case(EVERYONE, status=204),
    # 422: the same password again, so that this test changes none; see test_logins.py.
    ("post", "/api/v1/password"): Case(
        EVERYONE - {"screen", "screen of another room"}, body={"old": PASSWORD, "new": PASSWORD}, status=422
    ),
    ("get", "/api/v1/audit"): Case({"admin", "head", "head of another site"}, around_now()),
    ("get", "/api/v1/devices/{device}/pause"): Case(READERS, path={"device": "pi-1"}),
    # 503: this hub has no login for commands; see test_pause.py.
    ("post", "/api/v1/devices/{device}/pause"): Case(
        {"teacher", "admin"}, path={"device": "pi-1"}, body={"paused": True}, status=503
    ),
    ("get", "/api/v1/oidc/login"): Case(EVERYONE, status=404, anyone=404),  # none is configured; see test_openid.py
    ("get", "/api/v1/oidc/callback"): Case(EVERYONE, status=404, anyone=404),
    ("get", "/api/v1/metrics"): Case({"admin"}),  # and the token of a whole site, see test_metrics.py
    ("get", "/api/v1/alerts"): Case({"admin"}),
    # 409: no address is configured; see test_alerts.py.
    ("post", "/api/v1/alerts/test"): Case({"admin"}, status=409),
    # Not in the document.
    ("get", "/api/v1/openapi.json"): Case(EVERYONE),
    ("get", "/api/v1/anything/else"): Case(EVERYONE, status=404),
}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    school = School(tmp_path_factory.mktemp("school"))
    school.admit_everyone()
    yield school
    school.database.engine.dispose()


@pytest.fixture
def client(school: School, request: pytest.FixtureRequest) -> Any:
    role = request.param
    if role == "none":
        return school.client()
    client = school.logged_in(ROLES[role])
    if role == "expired session":
        with school.database.engine.begin() as connection:
            connection.execute(update(sessions).values(used=1_000_000_000))
    return client


def every_route(school: School) -> set[tuple[str, str]]:
    document = school.app.openapi()
    return {(method, path) for path, methods in document["paths"].items() for method in methods}


def test_every_route_has_a_case(school: School) -> None:
    missing = every_route(school) - set(CASES)
    assert not missing, "say in CASES who may ask for it, and in edge/hub/web/access.py what it needs"
    assert len(every_route(school)) == len(CASES) - 2


@pytest.mark.parametrize(("client", "role"), [(role, role) for role in ROLES], indirect=["client"])
def test_what_must_not_be_read_or_done_is_not(client: Any, role: str) -> None:
    last = ("/api/v1/session",)  # which ends the session, or begins another
    for method, template in sorted(CASES, key=lambda each: (each[1] in last and each[0] != "get", each)):
        case = CASES[method, template]
        answer = client.request(method, template.format(**case.path), params=case.query, json=case.body)
        allowed = case.status if role in case.may else 403
        expected = (case.anyone or 401) if role in NOBODY else allowed
        assert answer.status_code == expected, f"{method} {template}: {answer.text}"
        for device in forbidden(role):
            assert not any(word in answer.text for word in SECRETS[device]), f"{method} {template}: {answer.text}"


def forbidden(role: str) -> set[str]:
    """Return the devices of which a role may read nothing."""
    readable = {
        "teacher of another room": {"pi-2"},
        "teacher": {"pi-1"},
        "head of another site": {"pi-3"},
        "head": {"pi-1", "pi-2"},
        "admin": set(DEVICES),
        "screen of another room": {"pi-2"},
        "screen": {"pi-1"},
    }
    return set(DEVICES) - readable.get(role, set())


@pytest.mark.parametrize(("client", "role"), [(role, role) for role in sorted(EVERYONE)], indirect=["client"])
def test_rooms_are_those_that_may_be_read(client: Any, role: str) -> None:
    rooms = {room["room"] for room in client.get("/api/v1/rooms").json()["rooms"]}
    assert rooms == {room for device, (_site, room) in DEVICES.items() if device not in forbidden(role)}


@pytest.mark.parametrize(("client", "role"), [(role, role) for role in sorted(EVERYONE)], indirect=["client"])
def test_devices_are_those_that_may_be_read(client: Any, role: str) -> None:
    known = client.get("/api/v1/devices").json()["devices"]
    assert {each["device"] for each in known} == set(DEVICES) - forbidden(role)
    assert all(each["record"] and each["health"] for each in known)


def test_of_another_device_in_an_own_room_there_are_the_records_alone(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.admit_everyone()
    school.move("pi-2", "N-one")
    known = {each["device"]: each for each in school.logged_in("anna").get("/api/v1/devices").json()["devices"]}
    assert [known["pi-2"][name] for name in ("online", "paused", "health", "info")] == [None] * 4
    assert known["pi-2"]["record"]["room"] == "N-one"
    assert known["pi-1"]["health"]
    school.database.engine.dispose()


def test_without_a_login_there_is_the_page_and_whether_the_hub_works(school: School) -> None:
    client = school.client()
    assert client.get("/").status_code == 200
    state = client.get("/api/v1/state").json()
    assert state == {
        "version": "",
        "connected": False,
        "problem": "",
        "stored": 0,
        "repeated": 0,
        "refused": [],
        "sign_in": "",
    }
    assert school.logged_in("ada").get("/api/v1/state").json()["refused"]
    assert school.logged_in("anna").get("/api/v1/state").json()["refused"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"site": ["south", "north"]},
        {"site": ["north", "south"]},
        {"room": ["N-one", "S-three"]},
        {"room": None},
        {"site": None},
    ],
)
def test_a_parameter_that_is_given_twice_or_not_opens_nothing(school: School, change: dict[str, Any]) -> None:
    """The check and the route must read the same one."""
    query = {name: value for name, value in (OF_ROOM | change).items() if value is not None}
    answer = school.logged_in("anna").get("/api/v1/records", params=query)
    assert answer.status_code == 422


def test_a_route_that_nobody_thought_of_is_for_administrators(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.admit_everyone()

    def new() -> dict[str, str]:
        return {}

    school.app.router.routes.pop()  # the page, which takes every other path
    school.app.add_api_route("/api/v1x/new", new)
    for name, status in (("anna", 403), ("hanna", 403), ("hall", 403), ("ada", 200)):
        assert school.logged_in(name).get("/api/v1x/new").status_code == status
    assert school.client().get("/api/v1x/new").status_code == 401


def test_a_teacher_whose_device_has_not_published_yet_is_told_so(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.access.accounts.add("dora", "teacher", (SITE, ["pi-9"]), PASSWORD, "test")
    answer = school.logged_in("dora").get("/api/v1/lesson", params=OF_ROOM | LESSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "room_unknown")
    school.database.engine.dispose()


def test_rights_follow_the_device_into_another_room(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.admit_everyone()
    teacher = school.logged_in("anna")
    school.move("pi-1", "N-four")
    asked = {room: OF_ROOM | {"room": room} for room in ("N-one", "N-four")}
    assert teacher.get("/api/v1/records", params=asked["N-four"]).status_code == 200
    assert teacher.get("/api/v1/records", params=asked["N-one"]).status_code == 403
    assert session(teacher).json()["rooms"] == ["pi-1"]
