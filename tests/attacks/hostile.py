"""A broker that accepts every login and then sends what an attack decides."""

import base64
import contextlib
import hashlib
import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterator

MIB = 1 << 20
CONNACK = {4: bytes.fromhex("20020000"), 5: bytes.fromhex("2003000000")}
"""By level of MQTT: 4 is 3.1.1."""

Attack = Callable[[], Iterator[bytes]]


def remaining_length(number: int) -> bytes:
    """Return a number as MQTT writes a length: seven bits a byte, low bits first."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def packet(first: int, *parts: bytes) -> bytes:
    """Return a packet with this first byte."""
    body = b"".join(parts)
    return bytes([first]) + remaining_length(len(body)) + body


def publish(topic: str, payload: bytes, packet_id: int = 1, level: int = 4, qos: int = 1) -> bytes:
    """Return PUBLISH."""
    name = topic.encode()
    head = len(name).to_bytes(2, "big") + name + (packet_id.to_bytes(2, "big") if qos else b"")
    return packet(0x30 | qos << 1, head, b"\0" if level == 5 else b"", payload)


def huge(first: int, begin: bytes, size: int) -> Iterator[bytes]:
    """Yield a packet of `size` bytes, in parts."""
    yield bytes([first]) + remaining_length(size) + begin
    yield from zeros(size - len(begin))


def zeros(size: int) -> Iterator[bytes]:
    """Yield so many zeros."""
    block = bytes(MIB)
    for _ in range(size // MIB):
        yield block
    yield bytes(size % MIB)


class HostileBroker:
    """Runs an attack on each connection, once CONNECT (with `level` of MQTT) and SUBSCRIBE have come.

    With `websocket` it makes the handshake first, unless the attack is `in_handshake`. Without `reads` it takes no
    further byte. `sent` counts the attack's bytes; `over` those connections on which it ended or was cut off.
    """

    def __init__(
        self,
        attack: Attack,
        level: int = 5,
        *,
        websocket: bool = False,
        in_handshake: bool = False,
        reads: bool = True,
    ) -> None:
        self._attack = attack
        self._level = level
        self._websocket = websocket
        self._in_handshake = in_handshake
        self._reads = reads
        self.sent = 0
        self.over = 0
        self.heard = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._closed = False
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closed:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError, ValueError):
                    self._meet(connection)
                self.over += 1

    def _meet(self, connection: socket.socket) -> None:
        connection.settimeout(60)
        if self._websocket:
            request = connection.recv(4096)
            if not self._in_handshake:
                connection.sendall(_accept(request))
        if not self._in_handshake:
            self.heard += connection.recv(4096)
            connection.sendall(_framed(CONNACK[self._level]) if self._websocket else CONNACK[self._level])
            self.heard += connection.recv(4096)
            if self._reads:
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()
        for part in self._attack():
            if self._closed:
                return
            connection.sendall(part)
            self.sent += len(part)

    def _read(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass


def _accept(request: bytes) -> bytes:
    """Return the answer to a WebSocket handshake: RFC 6455, section 4.2.2."""
    found = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    if found is None:
        raise ValueError(request)
    accept = base64.b64encode(hashlib.sha1(found[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _framed(data: bytes) -> bytes:
    """Return a short WebSocket frame."""
    return bytes([0x82, len(data)]) + data


def packet_ids() -> Iterator[int]:
    """Yield every packet id, again and again."""
    return itertools.cycle(range(1, 65536))
