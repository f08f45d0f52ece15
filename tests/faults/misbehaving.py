"""A broker that accepts every CONNECT and then does not do what a broker does. It speaks MQTT 5 and 3.1.1."""

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal

Fault = Literal["silent", "no acknowledgement", "kicks", "quota", "slow", "leaves out", "forbids"]
"""What comes after CONNACK.

- silent: nothing.
- no acknowledgement: it answers pings and nothing else.
- kicks: DISCONNECT 0x97 at the first record.
- quota: PUBACK 0x97 for each record.
- slow: a right PUBACK after `seconds`.
- leaves out: PUBACK for all but the third record of each session.
- forbids: it ends a session that subscribes to a topic of records, as some brokers do where that is not allowed.
"""
FAULTS: tuple[Fault, ...] = ("silent", "no acknowledgement", "kicks", "quota")

_CONNECT, _PUBLISH, _SUBSCRIBE, _PING = 0x10, 0x30, 0x80, 0xC0
_QUOTA = 0x97
_LEFT_OUT = 3
_MUTE = ("silent", "no acknowledgement")


class Misbehaving:
    """Listens on a free port until `close`.

    Attributes:
        records: how often each payload on a topic of records was sent here, over all sessions.
        in_session: the same for each session, in order.
        first_at: monotonic time of the first record; None before it.

    """

    def __init__(self, fault: Fault, seconds: float = 0.0) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.fault = fault
        self.seconds = seconds
        self.records: Counter[bytes] = Counter()
        self.in_session: list[Counter[bytes]] = []
        self.acknowledged: set[bytes] = set()
        self.first_at: float | None = None
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        session: Counter[bytes] = Counter()
        self.in_session.append(session)
        is_5 = False
        with contextlib.suppress(OSError, EOFError), connection.makefile("rb") as stream:
            while True:
                kind, body = _packet(stream.read)
                if kind & 0xF0 == _CONNECT:
                    is_5 = body[6] == 5
                    connection.sendall(bytes.fromhex("2003000000" if is_5 else "20020000"))
                else:
                    self._answer(connection, session, kind, body, is_5=is_5)

    def _answer(
        self, connection: socket.socket, session: Counter[bytes], kind: int, body: bytes, *, is_5: bool
    ) -> None:
        if kind & 0xF0 == _PING and self.fault != "silent":
            connection.sendall(bytes.fromhex("d000"))
        elif kind & 0xF0 == _SUBSCRIBE and self.fault == "forbids" and b"/counts" in body:
            connection.shutdown(socket.SHUT_RDWR)
        elif kind & 0xF0 == _SUBSCRIBE and self.fault not in _MUTE:
            topics = body.count(b"emotion-edge/") or 1
            reply = body[:2] + (b"\0" if is_5 else b"") + b"\1" * topics
            connection.sendall(bytes([0x90, len(reply)]) + reply)
        elif kind & 0xF0 == _PUBLISH and kind & 0x06:
            length = int.from_bytes(body[:2])
            topic, number = body[2 : 2 + length], body[2 + length : 4 + length]
            payload = body[4 + length + is_5 :]
            record = b"/counts" in topic
            if record:
                self.first_at = self.first_at or time.monotonic()
                self.records[payload] += 1
                session[payload] += 1
            if record and self.fault == "leaves out" and len(session) == _LEFT_OUT:
                return
            self._take(connection, record, number, payload)

    def _take(self, connection: socket.socket, record: bool, number: bytes, payload: bytes) -> None:  # noqa: FBT001
        if self.fault == "kicks" and record:
            connection.sendall(bytes([0xE0, 2, _QUOTA, 0]))
            connection.shutdown(socket.SHUT_RDWR)
        elif self.fault == "quota" and record:
            connection.sendall(bytes([0x40, 4, *number, _QUOTA, 0]))
        elif self.fault == "slow":
            timer = threading.Timer(self.seconds, self._acknowledge, (connection, number, payload, record))
            timer.daemon = True
            timer.start()
        elif self.fault not in _MUTE:
            self._acknowledge(connection, number, payload, record)

    def _acknowledge(self, connection: socket.socket, number: bytes, payload: bytes, record: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            connection.sendall(b"\x40\x02" + number)
            if record:
                self.acknowledged.add(payload)


def _packet(read: Callable[[int], bytes]) -> tuple[int, bytes]:
    """Return the first byte and the body of the next packet; raise EOFError at the end."""
    first = _exactly(read, 1)[0]
    length, shift = 0, 0
    while True:
        byte = _exactly(read, 1)[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first, _exactly(read, length)


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) < size:
        raise EOFError
    return data
