"""Logins by HTTP: sessions, cookies, and what a request that changes something must hold."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from edge.contract.reading import Place
from edge.hub.broker import live as live_data
from edge.hub.broker.live import Live
from edge.hub.broker.now import News
from edge.hub.people.roles import EVERYTHING, Scope
from edge.hub.people.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions
from edge.hub.store.account_tables import accounts, sessions
from tests.hub.people import PASSWORD, School, session
from tests.hub.running import health_of


def test_a_login_ends_at_logout_at_removal_and_at_another_password(school: School) -> None:
    school.admit_everyone()
    anna, bert, carl = (school.logged_in(name) for name in ("anna", "bert", "carl"))
    cookie = dict(anna.cookies)
    assert anna.delete("/api/v1/session").status_code == 204
    assert not anna.cookies
    stolen = school.client()
    stolen.cookies.update(cookie)
    assert session(stolen).status_code == 401
    school.access.accounts.remove("bert", "test")
    assert session(bert).status_code == 401
    school.access.accounts.set_password("carl", "another correct horse", "test")
    assert session(carl).status_code == 401
    assert session(school.logged_in("carl", "another correct horse")).status_code == 200


def test_each_login_has_a_session_of_its_own(school: School) -> None:
    """A session that somebody planted in a browser before is no session afterwards."""
    school.admit_everyone()
    client = school.logged_in("anna")
    first = dict(client.cookies)
    client.post("/api/v1/session", json={"name": "anna", "password": PASSWORD})
    assert dict(client.cookies) != first
    planted = school.client()
    planted.cookies.update(first)
    assert session(planted).status_code == 401


@pytest.mark.parametrize("column", ["used", "created"])
def test_a_session_expires_when_it_is_idle_and_after_a_week(school: School, column: str) -> None:
    school.admit_everyone()
    client = school.logged_in("anna")
    longest = {"used": IDLE_SECONDS, "created": LONGEST_SECONDS}[column]
    for ago, status in ((longest - 60, 200), (longest + 60, 401)):
        with school.database.engine.begin() as connection:
            moved = {column: int(time.time()) - ago}
            connection.execute(update(sessions).values(moved))
        assert session(client).status_code == status


@pytest.mark.parametrize("said", [None, "", "wrong"])
def test_a_request_that_changes_something_repeats_the_csrf_token(school: School, said: str | None) -> None:
    school.admit_everyone()
    client = school.logged_in("ada")
    client.headers.pop("X-CSRF-Token")
    headers = {} if said is None else {"X-CSRF-Token": said}
    for method, route, body in (("POST", "devices/pi-1/pause", {"paused": True}), ("DELETE", "session", None)):
        answer = client.request(method, f"/api/v1/{route}", json=body, headers=headers)
        assert (answer.status_code, "X-CSRF-Token" in answer.text) == (403, True)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_address_does_nothing(school: School, site: str) -> None:
    school.admit_everyone()
    client = school.logged_in("ada")
    login = {"name": "ada", "password": PASSWORD}
    headers = {"Sec-Fetch-Site": site}
    assert client.get("/api/v1/rooms", headers=headers).status_code == 403
    assert client.post("/api/v1/session", json=login, headers=headers).status_code == 403
    # A form of another page can send text, and no JSON.
    assert client.post("/api/v1/session", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 422


def test_a_screen_keeps_its_token_as_a_cookie(school: School) -> None:
    school.admit_everyone()
    client = school.client()
    answer = client.post("/api/v1/session", json={"token": school.tokens["hall"]})
    assert (answer.status_code, answer.json()["role"], answer.json()["csrf"]) == (200, "screen", None)
    assert "Max-Age=34560000" in answer.headers["set-cookie"]
    assert [room["room"] for room in client.get("/api/v1/rooms").json()["rooms"]] == ["N-one"]
    assert "Max-Age=34560000" in session(client).headers["set-cookie"]  # a screen that is used is never logged out
    assert "set-cookie" not in session(school.logged_in("anna")).headers  # a person is, after a time
    school.access.accounts.remove_token("hall", "test")
    assert client.get("/api/v1/rooms").status_code == 401
    assert client.post("/api/v1/session", json={"token": "eet_guessed"}).status_code == 401


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "needs name and password, or a token"),
        ({"name": "ada"}, "needs name and password, or a token"),
        ({"name": "ada", "password": PASSWORD, "token": "x"}, "needs name and password, or a token"),
        ({"name": "a" * 201, "password": "x"}, "name: "),
        ({"name": "a\x00b", "password": "x"}, "name: "),
        ({"name": "ada", "password": "x", "role": "admin"}, "role: there is no such parameter"),
    ],
)
def test_a_wrong_login_is_named_and_not_repeated(school: School, body: dict[str, str], words: str) -> None:
    answer = school.client().post("/api/v1/session", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert PASSWORD not in answer.text


def test_a_large_request_is_refused_before_it_is_read(school: School) -> None:
    client = school.client()
    assert client.post("/api/v1/session", content=b"x" * 20_000).status_code == 413
    pieces: Iterator[bytes] = iter([b"{", b"}"])
    assert client.post("/api/v1/session", content=pieces).status_code == 411


def test_an_account_has_a_bounded_number_of_sessions(school: School) -> None:
    school.admit_everyone()
    with school.database.engine.connect() as connection:
        number = connection.scalar(select(accounts.c.id).where(accounts.c.name == "anna"))
    assert number is not None
    begun = [Sessions(school.database).begin(number) for _ in range(25)]
    with school.database.engine.connect() as connection:
        assert len(connection.execute(select(sessions)).all()) == 20
    assert Sessions(school.database).who(begun[-1]) is not None


def test_live_data_end_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_data, "_CHECK_SECONDS", 0.0)

    async def read() -> list[str]:
        live = Live(1)
        live.begin()
        held: list[Scope | None] = [EVERYTHING, None]

        async def current() -> Scope | None:
            return held.pop(0)

        stream = live.stream(EVERYTHING, current)
        read = [await anext(stream)]
        said = [News(Place("north", "pi-1"), health_of("pi-1"))]
        await asyncio.to_thread(live.publish, said)
        read.append(await anext(stream))
        await asyncio.to_thread(live.publish, said)
        return read + [event async for event in stream]

    assert len(asyncio.run(read())) == 2


def test_a_person_changes_the_own_password_and_ends_the_other_sessions(school: School) -> None:
    school.admit_everyone()
    here, elsewhere, other = (school.logged_in(name) for name in ("anna", "anna", "bert"))
    change = {"old": PASSWORD, "new": "another correct horse"}
    without = dict(here.headers)
    here.headers.pop("X-CSRF-Token")
    assert here.post("/api/v1/password", json=change).status_code == 403
    here.headers.update(without)
    assert here.post("/api/v1/password", json=change).status_code == 204
    assert [session(each).status_code for each in (here, elsewhere, other)] == [200, 401, 200]
    assert school.client().post("/api/v1/session", json={"name": "anna", "password": PASSWORD}).status_code == 401
    assert session(school.logged_in("anna", change["new"])).status_code == 200
    newest = school.access.audit.entries(None, 0, 2**40, 10)
    assert ("anna", "password changed", "anna") in {(each["actor"], each["action"], each["subject"]) for each in newest}


@pytest.mark.parametrize(
    ("old", "new", "answered", "words"),
    [
        ("not the password", "another correct horse", (403, "password_wrong"), "the old password is wrong"),
        (PASSWORD, "short", (422, "password_short"), "the password has 5 characters, and 12 are the least"),
        (PASSWORD, "ab" * 70, (422, "password_long"), "the password has 140 characters, and 128 are the most"),
        (PASSWORD, "ab" * 10, (422, "password_simple"), "has fewer than 6 different characters"),
        (PASSWORD, "anna likes old horses", (422, "password_name"), "contains the name of the account"),
        (PASSWORD, PASSWORD, (422, None), "the new password is the old one"),
    ],
)
def test_a_password_that_cannot_be_changed_stays(
    school: School, old: str, new: str, answered: tuple[int, str | None], words: str
) -> None:
    school.admit_everyone()
    client = school.logged_in("anna")
    answer = client.post("/api/v1/password", json={"old": old, "new": new})
    assert (answer.status_code, answer.json().get("code")) == answered
    assert words in answer.json()["detail"]
    assert session(school.logged_in("anna")).status_code == 200


def test_the_old_password_is_not_guessed_by_a_stolen_session(school: School) -> None:
    school.admit_everyone()
    client = school.logged_in("anna")
    change = {"old": "guessed", "new": "another correct horse"}
    answers = [client.post("/api/v1/password", json=change).status_code for _ in range(25)]
    assert answers[0] == 403
    assert 429 in answers  # not the last one: each wait is longer, but on a busy machine an answer takes longer, too
