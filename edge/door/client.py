"""The end of the door in the process that sees."""

import contextlib
import logging
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, StrictInt, TypeAdapter

from edge.contract.records import Boot, ClosedInterval, Heartbeat, PauseOrder, TakenOver
from edge.door.absence import Absence
from edge.door.packets import BACKLOG, MAX_KEYS, MAX_PACKET, Key

log = logging.getLogger(__name__)

_Acknowledged = Annotated[list[tuple[Boot, StrictInt]], Field(min_length=1, max_length=MAX_KEYS)]
_ANSWER: TypeAdapter[_Acknowledged | PauseOrder | TakenOver] = TypeAdapter(_Acknowledged | PauseOrder | TakenOver)


class DoorClient:
    """The observer's end: keeps records until they are acknowledged, connects whenever the other side is there."""

    def __init__(self, path: Path, on_order: Callable[[PauseOrder], None] = lambda _order: None) -> None:
        self._path = path
        self._absence = Absence(path)
        self.on_order = on_order
        """Called with every order from the other side."""
        self.last_order: PauseOrder | None = None
        """The latest one; None: none has come since this was made."""
        self.refused = 0
        """Answers that were neither an acknowledgement nor an order."""
        self.connections = 0
        """Connections so far."""
        self._socket: socket.socket | None = None
        self._unacknowledged: dict[Key, bytes] = {}
        self._unsent: deque[Key] = deque()
        """What this connection has not carried yet, oldest first. It is made anew at the next one."""
        self._said_all = False
        self._taken_over = False

    def send(self, record: ClosedInterval) -> None:
        """Queue a record and send what can be sent; never blocks."""
        if len(self._unacknowledged) == BACKLOG:
            del self._unacknowledged[next(iter(self._unacknowledged))]
        key = (record.boot, record.seq)
        self._unacknowledged[key] = record.model_dump_json().encode()
        if self._socket is not None:
            self._unsent.append(key)
        self.pump()

    def beat(self, heartbeat: Heartbeat) -> None:
        """Send a heartbeat if the other side is connected; an old one is never sent later."""
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

    def hand_over(self) -> bool:
        """Go on to hand over what waits, before the end; never blocks. Return whether the other side has all of it.

        The other side learns that nothing follows, and answers once it has read everything. After this, send nothing.
        """
        self.pump()
        if self._socket is not None and self._unacknowledged and not self._unsent and not self._said_all:
            self._said_all = True
            with contextlib.suppress(OSError):  # it hung up: the next call connects anew
                self._socket.shutdown(socket.SHUT_WR)
        return self._taken_over or not self._unacknowledged

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    @property
    def is_connected(self) -> bool:
        """Whether the other side is there, as far as is known."""
        return self._socket is not None

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged yet."""
        return len(self._unacknowledged)

    def _connected(self) -> bool:
        if self._socket is None:
            try:
                candidate = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            except OSError:  # no descriptor is free
                return False
            candidate.setblocking(False)
            try:
                candidate.connect(str(self._path))
            except OSError as error:
                candidate.close()
                self._absence.failed(error, self.waiting)
                return False
            self._absence.over()
            self._socket = candidate
            self.connections += 1
            self._unsent = deque(self._unacknowledged)
            self._said_all = False
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
            self.last_order = answer
            self.on_order(answer)
            return
        if isinstance(answer, TakenOver):
            self._taken_over = self._said_all
            return
        for key in answer:
            self._unacknowledged.pop(key, None)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
