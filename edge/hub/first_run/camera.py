"""What the set-up page gets of the camera: outlines of faces, while a browser looks, and a limited number of them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from pydantic import ValidationError

from edge.contract.outlines import COLUMNS, MAX_LINE, MOST_MESSAGES, ROWS, SECONDS, SIZES, Outlines, Shape

log = logging.getLogger(__name__)

SOCKET = Path("/run/emotion-edge-first-run-camera.sock")
"""Whoever connects opens the camera, and closes it by hanging up; see emotion-edge-first-run-camera.socket."""
_SILENT_SECONDS = 120.0
"""Without a message, after which the other process is given up; from a slow card it starts in half a minute."""
_ENDED = "its process ended; see: journalctl -u 'emotion-edge-first-run-camera@*'"
_NO_MESSAGE = "its process sent what no camera process sends"


class Camera:
    """For one browser at a time; used in one event loop."""

    def __init__(self, path: Path = SOCKET, seconds: float = SECONDS) -> None:
        """Look through the socket at `path`; pass messages on every `seconds`, so that their moments say little."""
        self._path = path
        self._seconds = seconds
        self._left = MOST_MESSAGES
        self._shape: Shape | None = None
        self._in_use = False

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield lines of JSON for the page, until the browser leaves or there is nothing more.

        Each has a `state`: `starting`, then `seen` with the outlines, or with the problem of the camera, which is the
        last; else at the end `over`, `busy` or `failed`.
        """
        if self._in_use:
            yield _line("busy")
            return
        self._in_use = True
        try:
            if self._left:
                yield _line("starting")
                async with _connection(self._path) as reader:
                    async for seen in self._messages(reader):
                        yield _line("seen", grid=[COLUMNS, ROWS], sizes=SIZES, **seen.model_dump())
                        if seen.problem:
                            return
            yield _line("over")
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            log.warning("the set-up page cannot show what the camera sees: %s", error or type(error).__name__)
            yield _line("failed")
        finally:
            self._in_use = False

    async def _messages(self, reader: asyncio.StreamReader) -> AsyncIterator[Outlines]:
        """Yield what may be shown: each thing once, in an order and at moments that the sender does not choose.

        Raises:
            ValueError: what came is no message.
            EOFError: the other end hung up.
            TimeoutError: nothing came.

        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while self._left:
            line = await asyncio.wait_for(reader.readline(), _SILENT_SECONDS)
            if not line.endswith(b"\n"):
                raise EOFError(_ENDED)
            try:
                seen = Outlines.model_validate_json(line)
            except ValidationError as error:
                raise ValueError(_NO_MESSAGE) from error
            self._shape = self._shape or seen.shape
            self._left -= 1
            await asyncio.sleep(self._seconds - (loop.time() - begun) % self._seconds)
            yield seen.plain(self._shape)


@contextlib.asynccontextmanager
async def _connection(path: Path) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
    try:
        yield reader
    finally:
        writer.close()


def _line(state: str, **more: object) -> str:
    return f"{json.dumps({'state': state, **more})}\n"
