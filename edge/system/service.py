"""Notifications to systemd: ready, status, watchdog; see sd_notify(3).

Without a service manager (`NOTIFY_SOCKET` is not set) nothing is sent and nothing fails.
"""

import contextlib
import os
import socket
import time
from collections.abc import Callable

CONNECTED = "broker ok"
"""A part of the status line of a publisher that has a connection to a broker."""
_EAGER_SECONDS = 1.0
"""The watchdog is notified no more often: a frame takes milliseconds, the shortest watchdog tens of seconds."""


def _notify_directly(message: str) -> None:
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
    _notify = _notify_directly


class Service:
    """Notifies the service manager of one process."""

    def __init__(
        self, notify: Callable[[str], object] = _notify, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._notify = notify
        self._monotonic = monotonic
        self._alive_at = float("-inf")
        self._status = ""
        self.remark = ""
        """What every status line ends with, such as that an earlier configuration is in use."""

    def loading(self, what: str, seconds: float) -> None:
        """Ask the manager to wait for so many seconds from now before it gives the start up."""
        self._send(f"STATUS=loading {what}", f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def ready(self) -> None:
        """Notify that the start, or a reload, is complete."""
        self._send("READY=1", "STATUS=ready")

    def reloading(self) -> None:
        """Notify that the configuration is being read again; `ready` must follow."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={round(time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6)}")

    def stopping(self) -> None:
        """Notify that the process is ending."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Notify the watchdog. Call it where work was done, never from a timer."""
        now = self._monotonic()
        if now - self._alive_at >= _EAGER_SECONDS:
            self._alive_at = now
            self._send("WATCHDOG=1")

    def expect(self, seconds: float) -> None:
        """Lengthen the watchdog's time where work comes more rarely than it allows; never shorten it."""
        microseconds = int(os.environ.get("WATCHDOG_USEC", "0"))
        if 0 < microseconds < seconds * 1e6:
            self._send(f"WATCHDOG_USEC={round(seconds * 1e6)}")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows, if it changed; `remark` is its end."""
        text = f"{text}, {self.remark}" if self.remark else text
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def _send(self, *lines: str) -> None:
        with contextlib.suppress(OSError):  # the service manager may be restarting
            self._notify("\n".join(lines))
