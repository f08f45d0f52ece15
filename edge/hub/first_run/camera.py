"""What the set-up page gets of the camera: outlines of faces, while a browser looks, and for a limited time."""

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
"""A connection opens the camera, and its end closes it; see emotion-edge-first-run-camera.socket."""
_SILENT_SECONDS = 120.0
"""Without a message, after which the other process is given up; from a slow card it starts in half a minute."""
_TRIES = 5
"""The process of the browser before may still be closing the camera; until it has, systemd hangs up at once."""
_ENDED = "its process ended; see: journalctl -u 'emotion-edge-first-run-camera@*'"
_NO_MESSAGE = "its process sent what no camera process sends"


class Camera:
    """For one browser at a time; used in one event loop.

    It passes something on at the ticks of its own clock alone, and each tick with an open camera is one of
    those that it has, whether or not there is a message. So moments, starts and ends say no more than messages do.
    """

    def __init__(self, path: Path = SOCKET, seconds: float = SECONDS, most: int = MOST_MESSAGES) -> None:
        """Look through the socket at `path`, for `most` ticks in all; a tick is `seconds` long."""
        self._path = path
        self._seconds = seconds
        self._left = most
        self._begun: float | None = None
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
                yield _line("starting", grid=[COLUMNS, ROWS], sizes=SIZES)
                async with contextlib.aclosing(self._messages()) as messages:
                    async for seen in messages:
                        yield _line("seen", **seen.model_dump())
                        if seen.problem:
                            return
            yield _line("over")
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            log.warning("the set-up page cannot show what the camera sees: %s", error or type(error).__name__)
            yield _line("failed")
        finally:
            self._in_use = False

    async def _messages(self) -> AsyncGenerator[Outlines, None]:
        """Yield what may be shown: each thing once, in an order and at moments that the sender does not choose.

        Raises:
            ValueError: what came is no message.
            EOFError: the other end hung up.
            TimeoutError: nothing came.
            OSError: there is no such socket.

        """
        for number in range(_TRIES):
            heard = False
            async with _connection(self._path) as reader:
                async for line in self._by_tick(reader):
                    if not line.endswith(b"\n"):
                        break
                    heard = True
                    yield self._plain(line)
                else:
                    return
            if heard or number == _TRIES - 1:
                raise EOFError(_ENDED)

    async def _by_tick(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Yield a line a tick, where there is one, and at the end of the stream what is left of it."""
        loop = asyncio.get_running_loop()
        begun = self._begun = loop.time() if self._begun is None else self._begun
        heard = loop.time()
        while self._left:
            tick = begun + ((loop.time() - begun) // self._seconds + 1) * self._seconds
            line: bytes | None = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(tick):
                    line = await _read(reader)
            await asyncio.sleep(max(0.0, tick - loop.time()))
            self._left -= 1
            if line is not None:
                heard = loop.time()
                yield line
            elif loop.time() - heard > _SILENT_SECONDS:
                raise TimeoutError(_ENDED)

    def _plain(self, line: bytes) -> Outlines:
        try:
            seen = Outlines.model_validate_json(line)
        except ValidationError as error:
            raise ValueError(_NO_MESSAGE) from error
        self._shape = self._shape or seen.shape
        return seen.plain(self._shape)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Return a line; an empty one where it is too long, and nothing at the end, however that comes: never an error."""
    try:
        return await reader.readline()
    except ValueError:
        return b"\n"
    except ConnectionError:
        return b""


@contextlib.asynccontextmanager
async def _connection(path: Path) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
    try:
        yield reader
    finally:
        writer.close()


def _line(state: str, **more: object) -> str:
    return f"{json.dumps({'state': state, **more})}\n"
