"""Connections of a web server, bounded in time and for each client: who asks nothing must not keep out who does."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 20.0
"""From the connection, or the answer before, until a whole request has come. uvicorn itself waits for ever."""
_PROXY = "127.0.0.1"
"""The clients of a proxy on this machine have one address."""
_SHARE = 3
"""One address has a third of the connections at most: a school may have one address for all."""


class BoundedConnection(H11Protocol):
    """Ends a connection on which no whole request comes in time, and those that one address has above its share."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        if self.limit_concurrency is not None and self._of_client() > max(1, self.limit_concurrency // _SHARE):
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait no longer where a request is whole."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.more_body:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _of_client(self) -> int:
        """Return how many connections the address of this one has, 0 for a proxy on this machine."""
        if self.client is None or self.client[0] == _PROXY:
            return 0
        clients = (getattr(each, "client", None) for each in self.connections)
        return sum(client is not None and client[0] == self.client[0] for client in clients)

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
