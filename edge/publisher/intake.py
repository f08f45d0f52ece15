"""The publisher's side of the door: takes records and heartbeats, acknowledges records, passes pause orders on."""

import selectors
import socket
from collections.abc import Callable, Iterable
from typing import Any

from edge.contract.records import Heartbeat, IntervalRecord
from edge.door.gate import Gate
from edge.door.packets import BACKLOG, Key
from edge.door.server import DoorServer
from edge.pause.remote import RemotePause

_PACKETS_A_TURN = 64
"""Packets of one observer that are read before the main loop does something else."""


class Intake:
    """Watches the door by the main loop's selector, whose data is a callback that takes the file object."""

    def __init__(  # noqa: PLR0913 - its parts, and who takes what
        self,
        door: DoorServer,
        gate: Gate,
        remote_pause: RemotePause,
        selector: selectors.BaseSelector,
        *,
        on_record: Callable[[IntervalRecord], None],
        on_heartbeat: Callable[[Heartbeat], None],
    ) -> None:
        """Begin to watch the door; `on_record` gets each record once, `on_heartbeat` each heartbeat."""
        self._door = door
        self._gate = gate
        self._remote_pause = remote_pause
        self._selector = selector
        self._on_record = on_record
        self._on_heartbeat = on_heartbeat
        self._awaiting: dict[Key, socket.socket] = {}
        """Records that are not safe yet, by key, and who handed each in last, even where they hung up since."""
        self._owed: dict[socket.socket, list[Key]] = {}
        """Acknowledgements that are due."""
        selector.register(door.listener, selectors.EVENT_READ, self._accept)

    @property
    def refused(self) -> int:
        """Packets that did not pass the door."""
        return self._gate.refused

    def switch_pause(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Keep the position of the remote switch, and pass it on to the observer."""
        self._remote_pause.switch(on)
        self._door.order(self._remote_pause.order)

    def acknowledge(self, safe: Iterable[Key]) -> None:
        """Acknowledge records that are on disk or with the broker, and what could not be sent earlier."""
        for key in safe:
            if (client := self._awaiting.pop(key, None)) is not None:
                self._owe(client, key)
        self._owed = {
            client: later for client, keys in self._owed.items() if (later := self._door.acknowledge(client, keys))
        }

    def _accept(self, _listener: Any) -> None:  # noqa: ANN401 - a selector's callback
        client = self._door.accept()
        if client is not None:
            self._selector.register(client, selectors.EVENT_READ, self._receive)
            self._door.order(self._remote_pause.order)

    def _receive(self, client: socket.socket) -> None:
        for _ in range(_PACKETS_A_TURN):
            try:
                packet = self._door.receive(client)
            except BlockingIOError:
                return
            if packet is None:
                self._hang_up(client)
                return
            self._admit(packet, client)

    def _hang_up(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        self._door.hang_up(client)
        self._owed.pop(client, None)

    def _admit(self, packet: bytes, client: socket.socket) -> None:
        match self._gate.admit(packet):
            case IntervalRecord() as record:
                self._take(record, client, repeated=self._gate.repeated)
            case Heartbeat() as heartbeat:
                if self._remote_pause.compare(heartbeat.paused_by):
                    self._door.order(self._remote_pause.order)
                self._on_heartbeat(heartbeat)

    def _take(self, record: IntervalRecord, client: socket.socket, *, repeated: bool) -> None:
        key = (record.boot, record.seq)
        if repeated and key not in self._awaiting:  # it is safe since, and the acknowledgement was lost
            self._owe(client, key)
            return
        self._awaiting[key] = client
        if len(self._awaiting) > BACKLOG:  # the observer keeps no more than this
            del self._awaiting[next(iter(self._awaiting))]
        if not repeated:
            self._on_record(record)

    def _owe(self, client: socket.socket, key: Key) -> None:
        keys = self._owed.setdefault(client, [])
        if len(keys) < BACKLOG:  # an observer that never reads its answers cannot fill the memory
            keys.append(key)
