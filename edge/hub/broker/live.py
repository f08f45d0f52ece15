"""Live data for browsers: each client has a queue with a bound, filled from the thread of the ingestion."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from edge.contract.reading import Paused, Status
from edge.contract.records import Health, Info, PublishedRecord
from edge.hub.broker.now import Emptied, News, Now, Removed
from edge.hub.people.roles import Scope

_MOST_WAITING = 1000
"""Events that may wait for a client. The largest commit has 250 messages; clients share the texts of events."""
_KEEP_ALIVE_SECONDS = 15.0
"""A comment is sent after this silence, so that proxies and browsers keep the connection."""
_CHECK_SECONDS = 30.0
"""So often it is asked whether the login of a client still holds, and what it may read."""


class Live:
    """Belongs to the thread of the event loop; `publish` is for any thread.

    Attributes:
        now: what is known of each device, which every message changes before clients get it.

    """

    def __init__(self, most: int, most_devices: int = 5000) -> None:
        """Allow at most `most` clients; know at most `most_devices` devices."""
        self.now = Now(most_devices)
        self._most = most
        self._clients: dict[asyncio.Queue[str | None], Scope] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def full(self) -> bool:
        """Whether there are as many clients as there may be."""
        return self.clients >= self._most

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return len(self._clients)

    def begin(self) -> None:
        """Use the running loop from now on."""
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        """End all streams."""
        for queue in self._clients:
            _put(queue, None)
        self._loop = None

    def publish(self, news: Sequence[News]) -> None:
        """Send messages to all clients that may read them; from any thread."""
        news = self.now.take(news)
        loop = self._loop
        if loop is not None and news and self._clients:
            events = [(each, _event(each)) for each in news]
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(self._distribute, events)

    async def stream(self, scope: Scope, current: Callable[[], Awaitable[Scope | None]]) -> AsyncIterator[str]:
        """Yield server-sent events; the stream ends where the client is too slow: it reads the rest from the API.

        Args:
            scope: what the client may read.
            current: returns the same later on; None ends the stream.

        """
        queue: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)
        self._clients[queue] = scope
        check_at = time.monotonic() + _CHECK_SECONDS
        try:
            yield "retry: 3000\n: connected\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    event = ": nothing new\n\n"
                if event is not None and time.monotonic() >= check_at:
                    check_at = time.monotonic() + _CHECK_SECONDS
                    now = await current()
                    if now is None:
                        return
                    self._clients[queue] = now
                if event is None:
                    return
                yield event
        finally:
            self._clients.pop(queue, None)

    def _distribute(self, events: list[tuple[News, str]]) -> None:
        for queue, scope in self._clients.items():
            for news, event in events:
                if scope.sees(*news):
                    _put(queue, event)


def _put(queue: asyncio.Queue[str | None], event: str | None) -> None:
    """Add an event; one that does not fit, and the end, take the place of all that wait."""
    if event is None or queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = None
    queue.put_nowait(event)


def _event(news: News) -> str:
    kind, data = _said(news)
    # JSON has no line break in it, so one line of data is enough.
    return f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _said(news: News) -> tuple[str, dict[str, Any]]:
    """Return the name of an event and its data, which name site and device."""
    place, content = news
    sender = place._asdict()
    match content:
        case PublishedRecord():
            return "record", content.model_dump(by_alias=True)
        case Health():
            return "health", {"site": place.site, **content.model_dump(by_alias=True)}
        case Status(online):
            return "status", sender | {"online": online}
        case Paused(paused):
            return "pause", sender | {"paused": paused}
        case Removed():
            return "removed", sender
        case Info():
            return "info", content.model_dump(by_alias=True)
        case Emptied():
            raise AssertionError(content)  # `Now.take` keeps these back
