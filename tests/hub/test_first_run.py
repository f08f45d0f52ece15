"""The set-up page, attacked: whoever has not read the terminal sets nothing up, and nobody sets anything up twice."""

import json
import os
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.errors import UnusableInput
from edge.hub.first_run import answers, page
from edge.hub.first_run.apply import options
from edge.hub.first_run.code import LIFE_SECONDS, MOST_TRIES, Code, Verdict, new_code
from edge.hub.first_run.server import ANSWERS, build
from edge.hub.settings import HubSettings

SECRET = "7KQ2-M9XH-4RTZ"
FORM = {
    "code": SECRET,
    "site": "north",
    "room": "B12",
    "school": "yes",
    "mode": "presence",
    "time_zone": "Europe/Berlin",
    "open": "mon-fri 07:45-16:00",
    "accepted": "yes",
    "password": "four words of mine",
}


class FirstRun:
    """The page of a machine, and the clock of its code."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.file = folder / ANSWERS
        settings = HubSettings.model_validate({"http": {"host_names": ["pi.example"]}})
        app = build(settings, Code(SECRET, lambda: self.now), folder)
        self.client = TestClient(app, base_url="https://pi.example")

    def send(self, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.client.post("/", data=FORM | changes, headers=headers or {})

    @property
    def answers(self) -> dict[str, str] | None:
        return json.loads(self.file.read_text()) if self.file.exists() else None


@pytest.fixture
def first_run(tmp_path: Path) -> FirstRun:
    return FirstRun(tmp_path)


def test_answers_reach_root_as_they_were_given(first_run: FirstRun, tmp_path: Path) -> None:
    room = "../B\"12'\\ <b>\U0001f600 $(id)"
    assert first_run.send(room=room, code="7kq2 m9xh4rtz").status_code == HTTPStatus.OK
    assert first_run.file.stat().st_mode & 0o777 == 0o600
    taken = answers.take(tmp_path / ANSWERS)
    expected = ("north", room, "presence", "Europe/Berlin", "mon-fri 07:45-16:00", "no", "four words of mine")
    assert tuple(taken) == expected
    assert not first_run.file.exists()
    words = options(taken, "scene")
    assert [words[words.index(name) + 1] for name in ("--site", "--room", "--mode")] == ["north", room, "presence"]
    assert "four words of mine" not in words
    assert "--practice" not in words


def test_practice_begins_where_it_was_asked_for(first_run: FirstRun, tmp_path: Path) -> None:
    first_run.send(practice="yes")
    assert "--practice" in options(answers.take(tmp_path / ANSWERS), "scene")


def test_a_school_counts_people_only_whatever_else_was_chosen(first_run: FirstRun) -> None:
    first_run.send(school="yes", mode="emotions")
    assert first_run.answers is not None
    assert first_run.answers["mode"] == "presence"


@pytest.mark.parametrize(
    "wrong",
    [
        {"site": "../../etc"},
        {"site": "north\nevil"},
        {"site": "--hub"},
        {"site": "site"},
        {"site": ""},
        {"room": ""},
        {"room": "a\x00b"},
        {"room": "two\nlines"},
        {"room": "r" * 65},
        {"school": "maybe"},
        {"school": "no", "mode": "pictures"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "Mars/Base"},
        {"open": "mon-fri 8-16"},
        {"open": "mon 08:00-07:00"},
        {"accepted": "no"},
        {"password": "admin-is-my-name"},
        {"password": "short"},
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_costs_nothing(first_run: FirstRun, wrong: dict[str, Any]) -> None:
    answer = first_run.send(**wrong)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    name = list(wrong)[-1]
    assert page.texts("en")[f"wrong_{name}"] in answer.text.replace("&#x27;", "'")
    assert first_run.answers is None
    assert first_run.send().status_code == HTTPStatus.OK


def test_html_in_a_name_stays_text(first_run: FirstRun) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    answer = first_run.send(site=evil, room=evil, open=evil)
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "four words of mine" not in answer.text, "a password is never shown again"
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_without_the_code_nothing_is_learned_and_after_ten_wrong_ones_it_is_dead(first_run: FirstRun) -> None:
    for number in range(MOST_TRIES):
        answer = first_run.send(code=f"{number:012}", site="../wrong")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert page.texts("en")["wrong_site"] not in answer.text.replace("&#x27;", "'")
    assert first_run.send().status_code == HTTPStatus.GONE
    assert first_run.client.get("/").status_code == HTTPStatus.GONE
    assert first_run.answers is None


def test_after_an_hour_the_code_is_dead(first_run: FirstRun) -> None:
    first_run.now += LIFE_SECONDS - 1
    assert first_run.client.get("/").status_code == HTTPStatus.OK
    first_run.now += 1
    assert first_run.send().status_code == HTTPStatus.GONE
    assert first_run.answers is None


def test_the_code_is_of_use_once(first_run: FirstRun) -> None:
    """A replay, and a second browser that has filled in the form meanwhile."""
    assert first_run.send().status_code == HTTPStatus.OK
    assert first_run.send(site="mine").status_code == HTTPStatus.GONE
    assert first_run.answers is not None
    assert first_run.answers["site"] == "north"


def test_the_page_stays_while_answers_are_written_and_until_root_has_them() -> None:
    """With the page goes the folder of the answers, before root has read them."""
    now = 1000.0
    code = Code(SECRET, lambda: now)
    over: list[bool] = []
    server = threading.Thread(target=lambda: over.append(code.is_over))

    def write() -> None:
        nonlocal now
        now += LIFE_SECONDS
        server.start()
        server.join(0.5)  # a server that does not wait for the answers ends here

    assert code.use(SECRET, write) is Verdict.RIGHT
    server.join(60)
    assert over == [False]
    assert not code.is_over


def test_a_code_that_nobody_used_in_time_is_over() -> None:
    now = 1000.0
    code = Code(SECRET, lambda: now)
    assert not code.is_over
    now += LIFE_SECONDS
    assert code.is_over


def test_answers_that_cannot_be_written_can_be_sent_again(first_run: FirstRun, tmp_path: Path) -> None:
    in_the_way = (tmp_path / ANSWERS).with_suffix(".partial")
    in_the_way.mkdir()
    assert first_run.send().status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    in_the_way.rmdir()
    assert first_run.send().status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://pi.example.evil.example"},
    ],
)
def test_the_form_of_another_page_is_refused(first_run: FirstRun, headers: dict[str, str]) -> None:
    assert first_run.send(headers).status_code == HTTPStatus.FORBIDDEN
    assert first_run.answers is None
    assert (
        first_run.send({"Sec-Fetch-Site": "same-origin", "Origin": "https://pi.example"}).status_code == HTTPStatus.OK
    )


def test_another_host_name_is_refused(first_run: FirstRun) -> None:
    assert first_run.client.get("/", headers={"Host": "evil.example"}).status_code == HTTPStatus.BAD_REQUEST
    assert first_run.send({"Host": "evil.example"}).status_code == HTTPStatus.BAD_REQUEST
    assert first_run.client.get("/", headers={"Host": "192.0.2.7:8350"}).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"code=%FF", b"site=a&site=b", b"&".join(b"f%d=1" % number for number in range(50))],
)
def test_what_is_no_form_counts_as_a_wrong_code(first_run: FirstRun, body: bytes) -> None:
    answer = first_run.client.post("/", content=body)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert first_run.client.post("/", content=b"a" * 20_000).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_root_believes_nothing_that_lies_in_the_file(tmp_path: Path) -> None:
    """Who serves the page may be in the hands of an attacker."""
    good = answers.Answers("north", "B12", "presence", "Europe/Berlin", "", "no", "four words of mine")._asdict()
    file, secret = tmp_path / ANSWERS, tmp_path / "secret"
    for bad in (
        json.dumps(good | {"site": "../x"}),
        json.dumps(good | {"open": "x"}),
        json.dumps(good | {"room": "a\nb"}),
        json.dumps(good | {"room": 1}),
        "[" * 5000,
        "x" * 10_000,
        "",
    ):
        file.write_text(bad)
        with pytest.raises(UnusableInput, match="cannot be used"):
            answers.take(file)
        assert not file.exists()
    secret.write_text(json.dumps(good))
    file.symlink_to(secret)
    with pytest.raises(UnusableInput, match="cannot be read"):
        answers.take(file)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(UnusableInput, match="cannot be used"):
        answers.take(file)


def test_the_page_speaks_the_language_of_the_browser_and_every_text_is_there(first_run: FirstRun) -> None:
    german = first_run.client.get("/", headers={"Accept-Language": "fr;q=0.9, de-AT"}).text
    assert page.texts("de")["title"] in german
    assert '<html lang="en">' in first_run.client.get("/?lang=en", headers={"Accept-Language": "de"}).text
    assert page.texts("de").keys() == page.texts("en").keys()


def test_a_code_is_new_each_time_and_easy_to_read() -> None:
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    assert not set("".join(codes)) & set("01ILOU")
