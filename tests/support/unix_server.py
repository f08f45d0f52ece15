"""A server at a socket file, as systemd starts one program for each connection."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conftest import SECONDS


@contextlib.contextmanager
def unix_server(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """Call `serve` with each connection to `path`, one after the other; close it afterwards, or where its peer did."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def accept() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:  # the test is over
                return
            connection.settimeout(SECONDS)
            with connection, contextlib.suppress(OSError):
                serve(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(SECONDS)
