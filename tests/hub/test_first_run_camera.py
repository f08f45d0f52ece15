"""What the set-up page lets through of the camera, with a real socket and whatever a camera process could send."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.contract.outlines import MOST_MESSAGES, Outline, Outlines
from edge.hub.first_run.camera import Camera
from edge.hub.first_run.code import MOST_TRIES, Code
from edge.hub.first_run.server import build
from edge.hub.settings import HubSettings
from tests.conftest import SECONDS

SECRET = "7KQ2-M9XH-4RTZ"
FACE = Outline(column=20, row=12, size=3, counted=True)
SEEN = Outlines(faces=(FACE,)).model_dump_json()


@contextmanager
def sender(path: Path, *lines: str, stays: bool = False) -> Iterator[list[bool]]:
    """Send lines to whoever connects to `path`; yield a list with an item for each connection that has ended."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    listener.settimeout(SECONDS)
    ended: list[bool] = []

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(SECONDS)
                try:
                    connection.sendall("".join(f"{line}\n" for line in lines).encode())
                    if stays:
                        ended.append(connection.recv(1) == b"")
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield ended
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(SECONDS)


def shown(camera: Camera, most: int = MOST_MESSAGES + 10) -> list[dict[str, Any]]:
    """Return what a browser gets that leaves after so many lines."""

    async def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        lines = camera.lines()
        async for line in lines:
            found.append(json.loads(line))
            if len(found) == most:
                break
        await lines.aclose()  # as the server does when a browser leaves
        return found

    return asyncio.run(asyncio.wait_for(read(), SECONDS))


def states(lines: list[dict[str, Any]]) -> list[str]:
    return [line["state"] for line in lines]


def test_outlines_reach_the_browser_and_the_camera_closes_when_it_leaves(tmp_path: Path) -> None:
    with sender(tmp_path / "s", SEEN, SEEN, stays=True) as ended:
        lines = shown(Camera(tmp_path / "s", 0.01), most=3)
    assert states(lines) == ["starting", "seen", "seen"]
    assert lines[1]["faces"] == [FACE.model_dump()]
    assert ended == [True]


def test_the_sender_chooses_neither_order_nor_number_nor_shape(tmp_path: Path) -> None:
    other = FACE.model_copy(update={"row": 3})
    messages = [
        Outlines(faces=(FACE, other, FACE), picture=("too_dark", "backlit", "too_dark")),
        Outlines(faces=(other, FACE), picture=("backlit", "too_dark"), shape="9:16"),
        Outlines(problem="CameraBusy", faces=(FACE,), picture=("backlit",), shape="1:1"),
    ]
    with sender(tmp_path / "s", *(one.model_dump_json() for one in messages), stays=True):
        _starting, first, second, third = shown(Camera(tmp_path / "s", 0.01))  # a camera with a problem is the end
    assert first == second
    assert (third["problem"], third["faces"], third["picture"], third["shape"]) == ("CameraBusy", [], [], "16:9")


def test_no_more_comes_than_was_agreed_however_often_a_browser_asks(tmp_path: Path) -> None:
    camera = Camera(tmp_path / "s", 0.001)
    with sender(tmp_path / "s", *[SEEN] * 200):
        assert states(shown(camera)) == ["starting"] + ["seen"] * 200 + ["failed"]
        assert states(shown(camera)) == ["starting"] + ["seen"] * (MOST_MESSAGES - 200) + ["over"]
    assert states(shown(camera)) == ["over"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}x",
        json.dumps({"faces": [], "picture": [], "note": "a word"}),
        json.dumps({"faces": [FACE.model_dump()] * 13}),
        json.dumps({"faces": [FACE.model_dump() | {"column": 40}]}),
        json.dumps({"faces": [FACE.model_dump() | {"column": 20.5}]}),
        json.dumps({"faces": [FACE.model_dump() | {"counted": 1}]}),
        json.dumps({"picture": ["iVBORw0KGgo="]}),
        json.dumps({"problem": "<script>"}),
        "[" * 1000,
        "x" * 100_000,
    ],
)
def test_what_is_no_message_does_not_get_through(tmp_path: Path, line: str) -> None:
    with sender(tmp_path / "s", line):
        assert shown(Camera(tmp_path / "s", 0.01)) == [{"state": "starting"}, {"state": "failed"}]


def test_one_browser_looks_at_a_time(tmp_path: Path) -> None:
    camera = Camera(tmp_path / "s", 0.01)

    async def both() -> list[str]:
        first, second = camera.lines(), camera.lines()
        lines = [await anext(first), await anext(second)]
        await first.aclose()
        return lines

    assert [json.loads(line)["state"] for line in asyncio.run(both())] == ["starting", "busy"]
    with sender(tmp_path / "s", SEEN, stays=True):
        assert states(shown(camera, most=2)) == ["starting", "seen"]


def test_a_machine_without_that_socket_says_so(tmp_path: Path) -> None:
    assert states(shown(Camera(tmp_path / "none"))) == ["starting", "failed"]


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Asks the page for outlines."""
    settings = HubSettings.model_validate({"http": {"host_names": ["pi.example"]}})
    app = build(settings, Code(SECRET), tmp_path, Camera(tmp_path / "s", 0.01))
    client = TestClient(app, base_url="https://pi.example")
    with sender(tmp_path / "s", SEEN):
        yield lambda code, **headers: client.post("/camera", data={"code": code}, headers=headers)


def test_only_who_knows_the_code_sees_outlines(ask: Callable[..., Any]) -> None:
    answer = ask(SECRET)
    assert answer.status_code == HTTPStatus.OK
    assert [json.loads(line)["state"] for line in answer.text.splitlines()] == ["starting", "seen", "failed"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert ask(SECRET, Origin="https://evil.example").status_code == HTTPStatus.FORBIDDEN
    for number in range(MOST_TRIES):
        wrong = ask(f"{number:012}")
        assert (wrong.status_code, wrong.text) == (HTTPStatus.FORBIDDEN, "")
    assert ask(SECRET).status_code == HTTPStatus.FORBIDDEN, "guesses here count, too"
