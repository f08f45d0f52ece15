"""What other threads hand to a session: messages, questions, and the request to stop."""

import contextlib
import queue
import socket
import threading

from edge.mqtt.events import Message, Question


class Outbox:
    """Safe to use from any thread; the session's thread waits on `wake`.

    Attributes:
        wake: becomes readable when something was handed over.
        stopped: set once the session has to end.
        farewell: published last, if connected.
        left: whether the session's thread closes this itself, as nobody waits for it any more.

    """

    def __init__(self) -> None:
        self.wake, self._wake_out = socket.socketpair()
        self.wake.setblocking(False)
        self._wake_out.setblocking(False)
        self.stopped = threading.Event()
        self.farewell: Message | None = None
        self.left = False
        self._messages: queue.SimpleQueue[Message | Question] = queue.SimpleQueue()

    @property
    def empty(self) -> bool:
        """Whether no message waits."""
        return self._messages.empty()

    def put(self, message: Message | Question) -> None:
        """Hand over a message or a question."""
        self._messages.put(message)
        self._ring()

    def take(self) -> Message | Question:
        """Return the next message or question; there must be one."""
        return self._messages.get_nowait()

    def stop(self, farewell: Message) -> None:
        """Ask the session to end, with a last message."""
        self.farewell = farewell
        self.stopped.set()
        self._ring()

    def clear_wake(self) -> None:
        """Take note of the wake-up."""
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)

    def drop(self) -> None:
        """Forget the messages that were meant for a connection that is gone; what matters is in the spool."""
        while not self._messages.empty():
            self._messages.get_nowait()

    def close(self) -> None:
        """Release the sockets, once the session has ended; what is handed over later is forgotten."""
        self.wake.close()
        self._wake_out.close()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # full: the other side is awake; closed: it has ended
            self._wake_out.send(b"!")
