"""The HTTP server of the metrics; loaded only where `metrics.listen` is set, as http.server takes memory."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from edge.config.metrics import Listen

_BUSY_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0
"""A client that is silent for this time is disconnected."""


class _Handler(WSGIRequestHandler):
    """Answers one client."""

    timeout = _PATIENCE_SECONDS

    def handle(self) -> None:
        """Answer, or leave it where the client has gone."""
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, *_arguments: object) -> None:
        """Log nothing for a scrape."""


class Server(WSGIServer):
    """Listens on an IPv4 address; hangs up on clients while `refuses` returns True."""

    refuses: Callable[[], bool] = staticmethod(lambda: False)

    def get_request(self) -> tuple[Any, Any]:
        """Take a client; without a free descriptor wait a moment, as the client goes on to knock."""
        try:
            return super().get_request()
        except OSError:
            time.sleep(_BUSY_SECONDS)
            raise

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ANN401 - the library's
        """Return whether to serve a client."""
        del request, client_address
        return not self.refuses()

    def server_bind(self) -> None:
        """Bind to the address."""
        # The library would ask a name server for our own name, which may take long.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Server6(Server):
    """Listens on an IPv6 address."""

    address_family = socket.AF_INET6


def open_server(address: Listen, refuses: Callable[[], bool]) -> Server:
    """Open the port; raise OSError where that is not possible."""
    kind = _Server6 if ":" in address.host else Server
    server = kind((address.host, address.port), _Handler)
    server.refuses = refuses
    return server
