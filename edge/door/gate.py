"""The door: one Unix socket from the process that sees to the process that talks.

SOCK_SEQPACKET keeps message boundaries, so a message is one packet of at most 2 KiB: a record or a heartbeat as JSON
of the closed schemas in `edge.contract.records`. Each accepted record is answered with its `(boot, seq)` once the
broker has it or the other side has it on disk; until then the sender keeps it. The only other answer is a `PauseOrder`:
look away, or I do not mind. Whatever is larger, faster, older or of another shape is dropped and counted, on both
sides.
"""

import contextlib
import json
import logging
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictInt, TypeAdapter

from edge.contract.records import Boot, Heartbeat, IntervalRecord, PauseOrder
from edge.errors import Unavailable

log = logging.getLogger(__name__)

MAX_PACKET = 2048
MAX_CLIENTS = 4
BACKLOG = 8640
"""Records that wait for the other side: a day at 10 s, about 8 MB. When full, the oldest goes, which `seq` shows."""

_HEARTBEATS_A_MINUTE = 60
_CLOCK_TOLERANCE = 1.0
_KEYS_A_PACKET = 48
_RESTART_SECONDS = 0.5  # an observer that starts anew needs longer than this before its first record
_MESSAGE: TypeAdapter[IntervalRecord | Heartbeat] = TypeAdapter(IntervalRecord | Heartbeat)
_Safe = Annotated[list[tuple[Boot, StrictInt]], Field(min_length=1, max_length=_KEYS_A_PACKET)]
_ANSWER: TypeAdapter[_Safe | PauseOrder] = TypeAdapter(_Safe | PauseOrder)


class Gate:
    """Decides which packets pass: pure, so that it can be tested with any packet at any time."""

    def __init__(self, interval_seconds: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval_seconds
        self._monotonic = monotonic
        self._boot = ""
        self._seq = -1
        self._newest = 0.0
        self._heartbeats: deque[float] = deque(maxlen=_HEARTBEATS_A_MINUTE)
        self.refused = 0
        """Packets that were dropped so far."""
        self.repeated = False
        """Whether the record admitted last had been admitted before: to be acknowledged again, not published again."""

    def admit(self, packet: bytes) -> IntervalRecord | Heartbeat | None:
        """Return the message of a packet, or None (and count it) where it must not pass."""
        try:
            if len(packet) > MAX_PACKET:
                raise ValueError
            message = _MESSAGE.validate_json(packet)
            fits = self._record_fits if isinstance(message, IntervalRecord) else self._heartbeat_fits
            if not fits(message):  # type: ignore[arg-type]
                raise ValueError
        except ValueError:  # pydantic's ValidationError is one
            self.refused += 1
            return None
        return message

    def _record_fits(self, record: IntervalRecord) -> bool:
        """At most one record an interval, by the clock that both sides share and nobody can step."""
        now = self._monotonic()
        self.repeated = record.boot == self._boot and record.seq <= self._seq
        if self.repeated:
            return True
        in_time = now - (BACKLOG + 1) * self._interval <= record.monotonic <= now + _CLOCK_TOLERANCE
        gap = self._interval / 2 if record.boot == self._boot else _RESTART_SECONDS
        if not in_time or record.monotonic < self._newest + gap:
            return False
        self._boot, self._seq, self._newest = record.boot, record.seq, record.monotonic
        return True

    def _heartbeat_fits(self, _heartbeat: Heartbeat) -> bool:
        now = self._monotonic()
        full = len(self._heartbeats) == _HEARTBEATS_A_MINUTE and now - self._heartbeats[0] < 60  # noqa: PLR2004
        if not full:
            self._heartbeats.append(now)
        return not full


Key = tuple[str, int]
"""Boot and sequence number: the name of a record."""


class DoorClient:
    """The observer's end: keeps records until they are acknowledged, connects whenever the other side is there."""

    def __init__(self, path: Path, on_order: Callable[[PauseOrder], None] = lambda _order: None) -> None:
        self._path = path
        self.on_order = on_order
        """Called with every order from the other side."""
        self.refused = 0
        """Answers that were neither an acknowledgement nor an order."""
        self._socket: socket.socket | None = None
        self._unacknowledged: dict[Key, bytes] = {}
        self._unsent: deque[Key] = deque()

    def send(self, record: IntervalRecord) -> None:
        """Queue a record and send what can be sent; never blocks."""
        if len(self._unacknowledged) == BACKLOG:
            del self._unacknowledged[next(iter(self._unacknowledged))]
        key = (record.boot, record.seq)
        self._unacknowledged[key] = record.model_dump_json().encode()
        self._unsent.append(key)
        self.pump()

    def beat(self, heartbeat: Heartbeat) -> None:
        """Send a heartbeat if the other side is there; one that is not is told nothing old later."""
        if self._connected():
            self._transmit(heartbeat.model_dump_json().encode())

    def pump(self) -> None:
        """Take in acknowledgements, send what is due, reconnect if needed; never blocks."""
        if not self._connected():
            return
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError):
            while True:
                try:
                    packet = self._socket.recv(MAX_PACKET + 1)
                except ConnectionResetError:
                    packet = b""
                if not packet:
                    self._hang_up()
                    return
                self._answered(packet)
        while self._unsent:
            packet = self._unacknowledged.get(self._unsent[0], b"")
            if packet and not self._transmit(packet):
                return
            self._unsent.popleft()

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged yet."""
        return len(self._unacknowledged)

    def _connected(self) -> bool:
        if self._socket is None:
            candidate = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            candidate.setblocking(False)
            try:
                candidate.connect(str(self._path))
            except OSError:
                candidate.close()
                return False
            self._socket = candidate
            self._unsent = deque(self._unacknowledged)
        return True

    def _transmit(self, packet: bytes) -> bool:
        assert self._socket is not None
        try:
            self._socket.send(packet)
        except BlockingIOError:
            return False
        except OSError:
            self._hang_up()
            return False
        return True

    def _answered(self, packet: bytes) -> None:
        try:
            if len(packet) > MAX_PACKET:
                raise ValueError
            answer = _ANSWER.validate_json(packet)
        except ValueError:  # pydantic's ValidationError is one
            self.refused += 1
            if self.refused == 1:
                log.warning("%s: an answer that is none was dropped; further ones are only counted", self._path)
            return
        if isinstance(answer, PauseOrder):
            self.on_order(answer)
            return
        for key in answer:
            self._unacknowledged.pop(key, None)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class DoorServer:
    """The publisher's end: a listening socket and its few connections, to be watched by a selector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handed_over = _handed_over()
        self.listener = self._handed_over or _listen(path)
        self._clients: list[socket.socket] = []

    def accept(self) -> socket.socket | None:
        """Take a new connection; more than a few are hung up on."""
        connection, _address = self.listener.accept()
        if len(self._clients) >= MAX_CLIENTS:
            connection.close()
            return None
        connection.setblocking(False)
        self._clients.append(connection)
        return connection

    @staticmethod
    def receive(client: socket.socket) -> bytes | None:
        """Return one packet (one byte over the limit where it was larger), or None when the other end hung up.

        Raises:
            BlockingIOError: there is no packet now.

        """
        try:
            return client.recv(MAX_PACKET + 1) or None
        except BlockingIOError:
            raise
        except OSError:
            return None

    def hang_up(self, client: socket.socket) -> None:
        """Close a connection."""
        self._clients.remove(client)
        client.close()

    @staticmethod
    def acknowledge(client: socket.socket, keys: list[Key]) -> list[Key]:
        """Tell the sender that records are safe; return those that have to wait until it has read what it was told."""
        for at in range(0, len(keys), _KEYS_A_PACKET):
            try:
                client.send(json.dumps(keys[at : at + _KEYS_A_PACKET]).encode())
            except BlockingIOError:
                return keys[at:]
            except OSError:  # it repeats the records to the next one who listens
                return []
        return []

    def order(self, order: PauseOrder) -> None:
        """Tell whoever is connected; the next heartbeat shows whether it was heard."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.send(order.model_dump_json().encode())

    def close(self) -> None:
        """Hang up on everybody; remove the socket, unless it is the service manager's."""
        for client in self._clients:
            client.close()
        self.listener.close()
        if self._handed_over is None:
            self.path.unlink(missing_ok=True)


_FIRST_HANDED_OVER = 3


def _handed_over() -> socket.socket | None:
    """Return (a copy of) the listening socket that systemd has opened for this process, or None; sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    listener = socket.socket(fileno=os.dup(_FIRST_HANDED_OVER))
    listener.setblocking(False)
    return listener


def _listen(path: Path) -> socket.socket:
    remedy = "stop the other one, or set door.path (--door) to another place"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe, contextlib.suppress(OSError):
            probe.settimeout(1)
            probe.connect(str(path))
            raise Unavailable(path, "another publisher already listens there", remedy)
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
    except OSError as error:
        listener.close()
        raise Unavailable(path, f"cannot listen there ({error.strerror or error})", remedy) from error
    except Unavailable:
        listener.close()
        raise
    listener.listen(MAX_CLIENTS)
    listener.setblocking(False)
    return listener
