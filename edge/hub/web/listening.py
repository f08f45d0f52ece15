"""TCP ports that the hub listens on, and how its web servers behave there."""

import errno
import socket
from typing import Any

import uvicorn

from edge.errors import Unavailable
from edge.hub.web.connections import BoundedConnection

FAREWELL_SECONDS = 3
"""So long a server that ends waits for its answers."""


def listen(address: str, port: int, section: str) -> socket.socket:
    """Return a socket that is bound to an address and port of the section of the configuration.

    Raises:
        Unavailable: the port is in use, or this process may not open it.

    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        remedy = "set {}"
        if error.errno == errno.EADDRINUSE:
            remedy = "end the program that uses it, or set {}"
        elif error.errno in (errno.EPERM, errno.EACCES):
            remedy = "allow it in the unit (SocketBindAllow=, see systemd/README.md), or set {}"
        problem = f"cannot be listened on ({error.strerror})"
        raise Unavailable(f"{address}:{port}", problem, remedy, f"{section}.port") from error
    return listener


def server_config(app: Any, connections: int, **more: Any) -> uvicorn.Config:  # noqa: ANN401 - as uvicorn takes them
    """Return the configuration of a web server that serves at most so many connections, and says nothing of itself."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        http=BoundedConnection,
        limit_concurrency=connections,
        timeout_graceful_shutdown=FAREWELL_SECONDS,
        **more,
    )
