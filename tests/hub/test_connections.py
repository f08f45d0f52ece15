"""Connections to the web servers of the hub: who asks nothing must not keep out who does."""

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import anyio
import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.hub.web import connections
from edge.hub.web.listening import listen, server_config
from tests.conftest import SECONDS, free_port, until

_MOST = 9
_PATIENCE = 3.0
"""Seconds until a whole request must have come; a request of a loaded machine comes sooner."""


async def _answer(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def _stream(_request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        for _ in range(4):
            await anyio.sleep(_PATIENCE / 2)
            yield "line\n"

    return StreamingResponse(lines())


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", _PATIENCE)
    app = Starlette(routes=[Route("/", _answer, methods=["GET", "POST"]), Route("/stream", _stream)])
    port = free_port()
    server = uvicorn.Server(server_config(app, _MOST, lifespan="off"))
    with contextlib.closing(listen("127.0.0.1", port, "http")) as listener:
        worker = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        worker.start()
        until(lambda: server.started)
        yield port
        server.should_exit = True
        worker.join(SECONDS)


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: hub\r\nX-",
        b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 10\r\n\r\nhalf",
        b"GET / HTTP/1.1\r\nHost: hub\r\n\r\nGET /",
    ],
)
def test_a_connection_without_a_whole_request_ends(port: int, begin: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), SECONDS) as client:
        assert is_ended(client, begin)


def test_an_answer_may_take_longer_than_a_request(port: int) -> None:
    assert httpx2.get(f"http://127.0.0.1:{port}/stream", timeout=SECONDS).text == 4 * "line\n"


def test_one_address_cannot_take_all_connections(port: int) -> None:
    """Another one is answered meanwhile, as is a proxy on this machine."""
    with contextlib.ExitStack() as stack:
        for _ in range(3 * _MOST):
            greedy = socket.create_connection(("127.0.0.1", port), SECONDS, source_address=("127.0.0.2", 0))
            stack.enter_context(greedy)
            with contextlib.suppress(OSError):
                greedy.sendall(b"GET / HTTP/1.1\r\n")
        with socket.create_connection(("127.0.0.1", port), SECONDS, source_address=("127.0.0.3", 0)) as other:
            other.sendall(b"GET / HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
            assert other.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert httpx2.get(f"http://127.0.0.1:{port}/").status_code == 200


def is_ended(client: socket.socket, begin: bytes) -> bool:
    """Return whether the server ends the connection after what the client sends."""
    try:
        client.sendall(begin)
        while client.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass  # it was ended at once
    return True
