"""The way of events from the session's thread to the main loop."""

import contextlib
import queue
import socket
from collections.abc import Iterator

from edge.mqtt.events import Event, Incoming

MAX_WAITING = 1000
"""Events that may wait for the main loop; a further `Incoming`, which anyone may cause, is then dropped."""


class EventQueue:
    """A bounded queue whose `readable` socket wakes the main loop's selector."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.readable, self._wake = socket.socketpair()
        self.readable.setblocking(False)
        self._wake.setblocking(False)

    def put(self, event: Event) -> None:
        """Add an event and wake the main loop; any thread may call this."""
        if isinstance(event, Incoming) and self._events.qsize() >= MAX_WAITING:
            return
        self._events.put(event)
        with contextlib.suppress(OSError):  # full: the loop wakes anyway; closed: there is no loop any more
            self._wake.send(b"!")

    def take(self) -> Iterator[Event]:
        """Yield the events that wait now, oldest first; what comes meanwhile waits for the next turn."""
        with contextlib.suppress(BlockingIOError):
            self.readable.recv(4096)
        for _ in range(self._events.qsize()):
            yield self._events.get()

    def close(self) -> None:
        """Close both sockets."""
        self.readable.close()
        self._wake.close()
