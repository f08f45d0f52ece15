"""What the set-up page lets through of the camera, with a real socket and whatever a camera process could send."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from edge.contract.outlines import MOST_MESSAGES, Outline, Outlines
from edge.hub.first_run.camera import Camera
from edge.hub.first_run.code import MOST_TRIES, Code
from edge.hub.first_run.server import _Lines, build
from edge.hub.settings import HubSettings
from tests.conftest import SECONDS, until
from tests.support.unix_server import unix_server

SECRET = "7KQ2-M9XH-4RTZ"
FACE = Outline(column=20, row=12, size=3, counted=True)
TICK = 0.05
SEEN = Outlines(faces=(FACE,)).model_dump_json()


@contextlib.contextmanager
def sender(path: Path, *lines: str, stays: bool = False) -> Iterator[list[bool]]:
    """Send lines to each connection at `path`, and with `stays` wait for its end; yield a list of the ends."""
    ended: list[bool] = []

    def serve(connection: socket.socket) -> None:
        connection.sendall("".join(f"{line}\n" for line in lines).encode())
        if stays:
            ended.append(connection.recv(1) == b"")

    with unix_server(path, serve):
        yield ended


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
    async def look() -> list[dict[str, Any]]:
        lines = Camera(tmp_path / "s", TICK).lines()
        found = [json.loads(await anext(lines)) for _number in range(3)]
        assert not ended
        await lines.aclose()
        await asyncio.to_thread(until, lambda: ended)  # while this loop lives on: at its end it would close everything
        return found

    with sender(tmp_path / "s", SEEN, SEEN, stays=True) as ended:
        lines = asyncio.run(look())
    assert states(lines) == ["starting", "seen", "seen"]
    assert lines[1]["faces"] == [FACE.model_dump()]


def test_a_browser_that_leaves_at_any_moment_leaves_the_camera_free(tmp_path: Path) -> None:
    """Starlette cancels an answer where it is, also while it writes."""
    camera = Camera(tmp_path / "s", TICK)

    async def leave(after: int) -> list[str]:
        sent: list[str] = []

        async def receive() -> dict[str, Any]:
            return await asyncio.Future()

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.extend(json.loads(line)["state"] for line in message.get("body", b"").decode().splitlines())
            if len(sent) == after:
                await asyncio.Future()

        answer = _Lines(camera.lines())
        scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
        task = asyncio.create_task(answer(scope, receive, send))
        await asyncio.to_thread(until, lambda: len(sent) == after)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        if after > 1:
            await asyncio.to_thread(until, lambda: len(ended) == after - 1)
        return sent

    with sender(tmp_path / "s", SEEN, SEEN, SEEN, stays=True) as ended:
        assert [asyncio.run(leave(after)) for after in (1, 2, 3)] == [
            ["starting"],
            ["starting", "seen"],
            ["starting", "seen", "seen"],
        ]


@pytest.mark.parametrize("line", [SEEN, "x" * 100_000])
def test_messages_and_failures_wait_for_the_clock_of_the_page(tmp_path: Path, line: str) -> None:
    """The moment of a message would be a message, too."""

    async def wait() -> None:
        lines = Camera(tmp_path / "s", 3600).lines()
        await anext(lines)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(lines), 1)

    with sender(tmp_path / "s", line, stays=True):
        asyncio.run(wait())


def test_the_process_of_the_browser_before_is_waited_for(tmp_path: Path) -> None:
    """Until it has closed the camera, systemd closes each new connection."""
    refused: list[bool] = []

    def serve(connection: socket.socket) -> None:
        if len(refused) < 2:
            refused.append(True)
        else:
            connection.sendall(f"{SEEN}\n".encode())
            connection.recv(1)

    with unix_server(tmp_path / "s", serve):
        assert states(shown(Camera(tmp_path / "s", TICK), most=2)) == ["starting", "seen"]


def test_the_sender_chooses_neither_order_nor_number_nor_shape(tmp_path: Path) -> None:
    other = FACE.model_copy(update={"row": 3})
    messages = [
        Outlines(faces=(FACE, other, FACE), hidden=("too_dark", "backlit", "too_dark")),
        Outlines(faces=(other, FACE), hidden=("backlit", "too_dark"), shape="9:16"),
        Outlines(problem="CameraBusy", faces=(FACE,), hidden=("backlit",), shape="1:1", people=3),
    ]
    with sender(tmp_path / "s", *(one.model_dump_json() for one in messages), stays=True):
        _starting, first, second, third = shown(Camera(tmp_path / "s", TICK))  # a camera with a problem is the end
    assert first == second
    assert (third["problem"], third["faces"], third["hidden"], third["people"]) == ("CameraBusy", [], [], 0)
    assert third["shape"] == "16:9"


def test_no_more_comes_than_was_agreed_however_often_a_browser_asks(tmp_path: Path) -> None:
    """Also of a process that says nothing but when it ends."""
    camera = Camera(tmp_path / "s", TICK, most=12)
    with sender(tmp_path / "s", *[SEEN] * 5):
        first, second = states(shown(camera)), states(shown(camera))
    assert first[-1] == "failed"
    assert second[0] == "starting"
    with sender(tmp_path / "t"):
        camera._path = tmp_path / "t"
        until(lambda: states(shown(camera))[-1] == "over")
    assert (first + second).count("seen") <= 10
    assert states(shown(camera)) == ["over"]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}x",
        json.dumps({"faces": [], "hidden": [], "note": "a word"}),
        json.dumps({"faces": [FACE.model_dump()] * 13}),
        json.dumps({"faces": [FACE.model_dump() | {"column": 40}]}),
        json.dumps({"faces": [FACE.model_dump() | {"column": 20.5}]}),
        json.dumps({"faces": [FACE.model_dump() | {"counted": 1}]}),
        json.dumps({"hidden": ["iVBORw0KGgo="]}),
        json.dumps({"people": 61}),
        json.dumps({"problem": "<script>"}),
        "[" * 1000,
        "x" * 100_000,
    ],
)
def test_what_is_no_message_does_not_get_through(tmp_path: Path, line: str) -> None:
    with sender(tmp_path / "s", line):
        assert states(shown(Camera(tmp_path / "s", TICK))) == ["starting", "failed"]


def test_one_browser_looks_at_a_time(tmp_path: Path) -> None:
    camera = Camera(tmp_path / "s", TICK)

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
    app = build(settings, Code(SECRET), tmp_path, Camera(tmp_path / "s", TICK))
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
    assert ask(SECRET).status_code == HTTPStatus.GONE, "guesses here count, too"
