"""Accounts and tokens by the command line, and logins by HTTP."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from edge.cli import main
from edge.contract.reading import Place
from edge.hub import live as live_data
from edge.hub.account_tables import accounts, audit, sessions, tokens
from edge.hub.audit import Audit
from edge.hub.backup import backup, restore
from edge.hub.live import Live
from edge.hub.now import News
from edge.hub.people import EVERYTHING, Scope
from edge.hub.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions
from edge.hub.settings import Http
from edge.hub.throttle import Throttle
from tests.conftest import free_port
from tests.hub.people import PASSWORD, School, session
from tests.hub.running import around_now, health_of, write_hub_config


def hub(config: Path, *words: str, said: str = "") -> Result:
    """Run a command in this process: a fresh one takes a second to start, and test_lan.py has some."""
    verb, action, *rest = words
    return CliRunner().invoke(main, ["hub", verb, action, "--config", str(config), *rest], input=said)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_hub_config(tmp_path, free_port())


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path)
    yield school
    school.database.engine.dispose()


def test_accounts_are_added_listed_changed_and_removed(config: Path, tmp_path: Path) -> None:
    """Before the hub was ever started, too."""
    secret = tmp_path / "password"
    secret.write_text(f"{PASSWORD}\n")
    teacher = ("--role", "teacher", "--rooms", "pi-2,pi-1", "--site", "north")
    assert hub(config, "accounts", "add", *teacher, "Anna", said=f"{PASSWORD}\n").exit_code == 0
    admin = ("--role", "admin", "--password-file", str(secret))
    assert hub(config, "accounts", "add", *admin, "ada").exit_code == 0
    assert hub(config, "accounts", "list").stdout == "ada\tadmin\t-\t-\nanna\tteacher\tnorth\tpi-1,pi-2\n"
    again = hub(config, "accounts", "add", *admin, "ADA")
    assert (again.exit_code, "is there already" in again.stderr) == (66, True)
    assert hub(config, "accounts", "password", "anna", said="another correct horse\n").exit_code == 0
    assert hub(config, "accounts", "remove", "anna").exit_code == 0
    gone = hub(config, "accounts", "remove", "anna")
    assert (gone.exit_code, "anna: is not there" in gone.stderr) == (66, True)
    last = hub(config, "accounts", "remove", "ada")
    assert "everyone on this machine may read" in last.stderr


def test_a_token_is_shown_once(config: Path, tmp_path: Path) -> None:
    token = hub(config, "tokens", "add", "--site", "north", "hall").stdout.strip()
    assert re.fullmatch(r"eet_[\w-]{43}", token)
    assert token not in hub(config, "tokens", "list").stdout
    assert token.encode() not in b"".join(file.read_bytes() for file in (tmp_path / "hub").iterdir())
    assert hub(config, "tokens", "remove", "hall").exit_code == 0
    assert hub(config, "tokens", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "said", "message"),
    [
        (("--role", "admin", "ada"), "short\n", "12 are the least"),
        (("--role", "admin", "ada"), "x" * 129 + "\n", "128 are the most"),
        (("--role", "admin", "ada"), "aaaaaaaaaaaaab\n", "different characters"),
        (("--role", "admin", "ada"), "Ada-is-my-name-7\n", "contains the name"),
        (("--role", "admin", "ada"), "", "is empty on standard input"),
        (("--role", "admin", "a b"), f"{PASSWORD}\n", "other characters than letters"),
        (("--role", "teacher", "anna"), f"{PASSWORD}\n", "--rooms"),
        (("--role", "head", "hanna"), f"{PASSWORD}\n", "--site"),
        (("--role", "teacher", "--rooms", "a/b", "anna"), f"{PASSWORD}\n", "is no id of a device"),
        (("--role", "teacher", "--rooms", "pi-9", "anna"), f"{PASSWORD}\n", "name it: --site SITE"),
    ],
)
def test_what_cannot_be_an_account_is_named(config: Path, words: tuple[str, ...], said: str, message: str) -> None:
    done = hub(config, "accounts", "add", *words, said=said)
    assert done.exit_code in {2, 66}
    assert message in done.stderr
    assert PASSWORD not in done.stderr
    assert hub(config, "accounts", "list").stdout == ""


def test_secrets_are_stored_as_hashes_alone(school: School) -> None:
    school.admit_everyone()
    client = school.logged_in("ada")
    with school.database.engine.connect() as connection:
        stored = {row.password for row in connection.execute(select(accounts))}
        kept = {row.secret for table in (sessions, tokens) for row in connection.execute(select(table))}
    assert all(each.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for each in stored)
    assert len(stored) == 6
    given = {*school.tokens.values(), *client.cookies.values()}
    assert given
    assert not given & kept


def test_without_an_account_this_machine_reads_and_changes_nothing(school: School) -> None:
    client = school.client()
    assert session(client).json() | {"site": ""} == {
        "name": "",
        "role": "local",
        "site": "",
        "rooms": [],
        "csrf": None,
        "plain_http": False,
    }
    answer = client.post("/api/v1/devices/pi-1/pause", json={"paused": True})
    assert (answer.status_code, "hub accounts add" in answer.text) == (403, True)
    assert client.get("/api/v1/audit", params=around_now()).status_code == 403
    school.admit_everyone()
    assert client.get("/api/v1/rooms").status_code == 401


def test_other_machines_read_nothing_when_the_last_account_is_gone(school: School) -> None:
    school.access.http = Http(address="0.0.0.0", plain_http=True)
    client = school.client()
    assert client.get("/api/v1/rooms").status_code == 401
    assert session(client).status_code == 401


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


def test_failed_logins_say_no_more_than_that_and_are_counted(school: School) -> None:
    school.admit_everyone()
    client = school.client()
    said = set()
    for name in ("anna", "anna", "nobody", "' OR 1=1 --"):
        answer = client.post("/api/v1/session", json={"name": name, "password": "wrong"})
        said.add((answer.status_code, answer.json()["detail"]))
    assert said == {(401, "name or password is wrong")}
    entries = school.logged_in("ada").get("/api/v1/audit", params=around_now()).json()["audit"]
    counted = {(each["subject"], each["times"]) for each in entries if each["action"] == "login failed"}
    assert counted == {("anna", 2), ("(no such account)", 2)}


def test_who_guesses_has_to_wait_and_the_owner_does_not(school: School) -> None:
    school.admit_everyone()
    owner = school.logged_in("anna")
    for _ in range(20):
        school.access.throttle.begin("anna", "192.0.2.1")
    wait = school.access.throttle.begin("anna", "192.0.2.1")
    assert wait > 0
    assert owner.post("/api/v1/session", json={"name": "anna", "password": PASSWORD}).status_code == 200
    for _ in range(6):
        school.access.throttle.begin("bert", "testclient")
    answer = school.client().post("/api/v1/session", json={"name": "bert", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_account_has_at_most_a_hundred_guesses_an_hour_from_anywhere() -> None:
    """OWASP ASVS 2.2.1."""
    clock = Clock()
    throttle = Throttle(clock)
    tried = 0
    for second in range(3600):
        clock.now = 1000.0 + second
        tried += throttle.begin("anna", f"192.0.2.{second % 250}") == 0
    assert 50 < tried <= 100
    clock.now += 3601
    assert throttle.begin("anna", "192.0.2.1") == 0


def test_an_address_that_tries_many_accounts_has_to_wait_in_bounded_memory() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    tried = sum(throttle.begin(f"name-{number}", "192.0.2.1") == 0 for number in range(1000))
    assert tried == 20
    for number in range(11_000):
        throttle.begin("anna", str(number))
        throttle.begin(f"name-{number}", "192.0.2.1")
        throttle.passed(f"name-{number}", str(number))
    assert len(throttle._addresses) <= 10_000
    assert len(throttle._homes) <= 10_000


def test_a_large_request_is_refused_before_it_is_read(school: School) -> None:
    client = school.client()
    assert client.post("/api/v1/session", content=b"x" * 20_000).status_code == 413
    pieces: Iterator[bytes] = iter([b"{", b"}"])
    assert client.post("/api/v1/session", content=pieces).status_code == 411


def test_the_audit_log_is_bounded(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.admit_everyone()
    monkeypatch.setattr("edge.hub.audit._MOST_ROWS", 3)
    log = Audit(school.database)
    log.prune(0)
    assert len(log.entries(None, 0, 2**33, 100)) == 3
    with school.database.engine.begin() as connection:
        connection.execute(update(audit).values(time=1_000_000_000))
    log.prune(86_400)
    assert log.entries(None, 0, 2**33, 100) == []


def test_an_account_has_a_bounded_number_of_sessions(school: School) -> None:
    school.admit_everyone()
    with school.database.engine.connect() as connection:
        number = connection.scalar(select(accounts.c.id).where(accounts.c.name == "anna"))
    assert number is not None
    begun = [Sessions(school.database).begin(number) for _ in range(25)]
    with school.database.engine.connect() as connection:
        assert len(connection.execute(select(sessions)).all()) == 20
    assert Sessions(school.database).who(begun[-1]) is not None


def test_a_restored_backup_brings_no_session_back(school: School, tmp_path: Path) -> None:
    school.admit_everyone()
    client = school.logged_in("anna")
    copy = tmp_path / "copy.sqlite"
    backup(school.database, copy)
    client.delete("/api/v1/session")
    school.database.engine.dispose()
    restore(school.database, copy)
    assert session(client).status_code == 401
    assert session(school.logged_in("anna")).status_code == 200


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


def test_two_sites_may_give_two_devices_one_name(school: School) -> None:
    """A teacher of the one does not read the other."""
    school.admit_everyone()
    other = Scope(devices=frozenset([Place("south", "pi-1")]))
    assert not other.sees_device("north", "pi-1")
    assert not other.sees(Place("north", "pi-1"), health_of("pi-1"))
