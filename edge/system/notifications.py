"""The manager's end of sd_notify(3): what a child notifies, for `emotion-edge run`, which has no systemd above it."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 4096


class Notifications:
    """A datagram socket at `path`, which a child finds in `NOTIFY_SOCKET`."""

    def __init__(self, path: Path) -> None:
        """Listen.

        Raises:
            OSError: there is no room for the socket, or no descriptor.

        """
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        try:
            path.unlink(missing_ok=True)
            self._socket.bind(str(path))
        except OSError:
            self._socket.close()
            raise

    def take(self) -> Iterator[tuple[str, str]]:
        """Yield name and value of each line that came, in order, such as `WATCHDOG`, `1`; never waits."""
        with contextlib.suppress(BlockingIOError):
            while True:
                message = self._socket.recv(_MOST_BYTES)
                for line in message.decode(errors="replace").splitlines():
                    name, _equals, value = line.partition("=")
                    yield name, value

    def close(self) -> None:
        """Listen no longer."""
        self._socket.close()
        self.path.unlink(missing_ok=True)
