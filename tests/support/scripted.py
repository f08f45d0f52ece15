"""A server whose every byte a test decides."""

import contextlib
import socket
import threading
from collections import deque


class Scripted:
    """Listens, answers each connection's first bytes with `answer`, keeps what comes then, counts who closes.

    With `hangs_up` it closes the connection after the answer.
    """

    def __init__(self, answer: bytes, *, hangs_up: bool = False, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self._listener = socket.create_server(address)
        self.port = int(self._listener.getsockname()[1])
        self.answer = answer
        self.first_answers: deque[bytes] = deque()
        """For the first connections, one each, instead of `answer`."""
        self.heard = bytearray()
        self.accepted: list[bytes] = []
        self.left = 0
        self._hangs_up = hangs_up
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def say(self, data: bytes) -> None:
        self._connections[-1].sendall(data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._connections[-1].shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                answer = self.first_answers.popleft() if self.first_answers else self.answer
                with contextlib.suppress(OSError):
                    self.accepted.append(connection.recv(4096))
                    connection.sendall(answer)
                    if self._hangs_up:
                        self.hang_up()
                    threading.Thread(target=self._listen, args=(connection,), daemon=True).start()

    def _listen(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := connection.recv(4096):
                self.heard += data
            self.left += 1
