"""What a service says to systemd: ready, how it does, that it is alive; see sd_notify(3).

Without a service manager (`NOTIFY_SOCKET` is not set) nothing is said and nothing fails.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable

_EAGER_SECONDS = 1.0
"""Signs of life are sent no more often: a frame may take milliseconds, the shortest watchdog is tens of seconds."""


def _speak(message: str) -> None:
    """Send a datagram to the service manager, as libsystemd does."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        notify.settimeout(1)
        notify.connect(address)
        notify.sendall(message.encode())


try:
    from systemd.daemon import notify as _notify
except ImportError:  # it comes from Debian (python3-systemd); the protocol is a line of text
    _notify = _speak


class Service:
    """One process's voice towards its service manager."""

    def __init__(
        self, notify: Callable[[str], object] = _notify, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._notify = notify
        self._monotonic = monotonic
        self._alive_at = float("-inf")
        self._status = ""

    def loading(self, what: str, seconds: float) -> None:
        """Ask for so many seconds from now, before the start is given up."""
        self._say(f"STATUS=loading {what}", f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def ready(self) -> None:
        """Say that the start, or a reload, is complete."""
        self._say("READY=1", "STATUS=ready")

    def reloading(self) -> None:
        """Say that the configuration is being read again; `ready` must follow."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={round(time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._say("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog. Call it where work was really done, never from a timer."""
        now = self._monotonic()
        if now - self._alive_at >= _EAGER_SECONDS:
            self._alive_at = now
            self._say("WATCHDOG=1")

    def expect(self, seconds: float) -> None:
        """Lengthen the watchdog where work is rarer than it is patient; it is never shortened."""
        microseconds = int(os.environ.get("WATCHDOG_USEC", "0"))
        if 0 < microseconds < seconds * 1e6:
            self._say(f"WATCHDOG_USEC={round(seconds * 1e6)}")

    def status(self, text: str) -> None:
        """Say in a line how it does, for `systemctl status`; again only when that changed."""
        if text != self._status:
            self._status = text
            self._say(f"STATUS={text}")

    def _say(self, *lines: str) -> None:
        with contextlib.suppress(OSError):  # the service manager may be restarting; it asks again by its watchdog
            self._notify("\n".join(lines))
