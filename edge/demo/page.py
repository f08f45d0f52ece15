"""The dashboard for the demo: one port for the page that ships and for its MQTT over WebSocket."""

import asyncio
import contextlib
import errno
import ipaddress
import json
import logging
import mimetypes
import os
import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import edge_dashboard
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from edge.demo.addresses import LOOPBACK, urls
from edge.errors import Unavailable

_START_SECONDS = 15.0
_CHUNK = 65536


class DemoPage:
    """A context manager: inside the block the page is served, and its WebSocket leads to the broker on loopback.

    Args:
        broker_port: TCP port of the broker on loopback.
        address: to listen on; empty: every one of this machine.
        port: to listen on; 0: a free one.

    Raises:
        Unavailable: on entering, where address and port cannot be listened on.

    """

    def __init__(self, broker_port: int, address: str = LOOPBACK, port: int = 0) -> None:
        self._broker_port = broker_port
        self._address, self.port = address, port
        folder = resources.files(edge_dashboard) / "page"
        self._files = dict(_files(folder, "/"))
        self._files["/"] = self._files["/index.html"]
        config = json.loads(self._files["/config.json"][1]) | {"broker": "", "anonymous": True}
        self._files["/config.json"] = ("application/json", json.dumps(config).encode())
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(_START_SECONDS)
        if self._error is not None:
            # From Python 3.13 on asyncio gives no number where this machine has not the address.
            reason = os.strerror(self._error.errno or errno.EADDRNOTAVAIL)
            if isinstance(self._error, socket.gaierror):
                reason = self._error.strerror or "unknown address"
            where = f"{self._address}:{self.port}" if self._address else f"port {self.port}"
            raise Unavailable(where, f"cannot be listened on ({reason})", "choose another: --listen [ADDRESS:]PORT")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_SECONDS)

    @property
    def urls(self) -> list[str]:
        """Where browsers find the page: the addresses of this machine, loopback only where there is no other."""
        return urls(self._address, self.port)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._error = error
        finally:
            self._started.set()
            self._loop.close()

    async def _serve(self) -> None:
        quiet = logging.getLogger("websockets.server")
        quiet.setLevel(logging.CRITICAL)  # it calls every file that is asked for a rejected connection
        async with serve(
            self._bridge,
            self._address or None,
            self.port,
            subprotocols=[Subprotocol("mqtt")],
            process_request=self._answer,
            compression=None,
            close_timeout=1,
            logger=quiet,
        ) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._started.set()
            await self._stop.wait()

    def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file; None lets a WebSocket through."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            origin, host = request.headers.get("Origin"), request.headers.get("Host", "")
            if origin is None or (urlsplit(origin).netloc == host and _is_own(host)):
                return None
            return _response(HTTPStatus.FORBIDDEN, "text/plain", b"this page of another site may not read the counts\n")
        kind, content = self._files.get(urlsplit(request.path).path, ("", b""))
        if not kind:
            return _response(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such file\n")
        return _response(HTTPStatus.OK, kind, content)

    async def _bridge(self, browser: ServerConnection) -> None:
        """Hand bytes on in both directions until one side hangs up."""
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, self._broker_port)
        except OSError:
            return

        async def upwards() -> None:
            async for message in browser:
                writer.write(message.encode() if isinstance(message, str) else message)
                await writer.drain()

        async def downwards() -> None:
            while data := await reader.read(_CHUNK):
                await browser.send(data)

        both = [asyncio.create_task(upwards()), asyncio.create_task(downwards())]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        writer.close()
        for one in both:
            one.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed, OSError):
                await one


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Yield the path of every file below a folder, with its media type and content."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{path}{entry.name}/")
        else:
            kind = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            yield f"{path}{entry.name}", (kind, entry.read_bytes())


def _response(status: HTTPStatus, kind: str, content: bytes) -> Response:
    headers = Headers(
        {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Connection": "close",
            "X-Content-Type-Options": "nosniff",
        }
    )
    return Response(status.value, status.phrase, headers, content)


def _is_own(host: str) -> bool:
    """Whether a Host header names this machine: another site can let its own name lead to any address."""
    name = (urlsplit(f"//{host}").hostname or "").partition("%")[0]
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    own = socket.gethostname().lower()
    return name in {"localhost", own, f"{own}.local"}
