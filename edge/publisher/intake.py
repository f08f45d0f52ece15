"""The publisher's side of the door: takes records and heartbeats, acknowledges records, passes pause orders on."""

import logging
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from edge.contract.records import ClosedInterval, Heartbeat
from edge.door.gate import Gate, Handled
from edge.door.packets import BACKLOG, Key
from edge.door.server import DoorServer
from edge.errors import Unavailable
from edge.pause.remote import RemotePause
from edge.system.descriptors import Descriptors

_PACKETS_A_TURN = 64
"""Packets of one observer that are read before the main loop does something else."""
_LOOK_SECONDS = 5.0
"""Between two looks at whether the socket is still there."""

log = logging.getLogger(__name__)


@dataclass
class _Awaiting:
    """A record that is not safe yet, and who handed it in last, even where they hung up since."""

    client: socket.socket
    name: Key
    before: Handled


class Intake:
    """Watches the door by the main loop's selector, whose data is a callback that takes the file object."""

    def __init__(  # noqa: PLR0913 - its parts, and who takes what
        self,
        door: DoorServer,
        gate: Gate,
        remote_pause: RemotePause,
        selector: selectors.BaseSelector,
        *,
        on_record: Callable[[ClosedInterval, Handled], Key],
        on_heartbeat: Callable[[Heartbeat], None],
        descriptors: Descriptors | None = None,
    ) -> None:
        """Begin to watch the door.

        While `descriptors` are scarce, only a first client is let in.

        `on_record` gets each record once, with up to where records are safe, and returns the name that it gives it;
        `on_heartbeat` gets each heartbeat.
        """
        self._door = door
        self._gate = gate
        self._remote_pause = remote_pause
        self._selector = selector
        self._on_record = on_record
        self._on_heartbeat = on_heartbeat
        self._descriptors = descriptors
        self._awaiting: dict[Key, _Awaiting] = {}
        """Records that are not safe yet, by their key at the door, oldest first."""
        self._keys: dict[Key, Key] = {}
        """Their keys at the door, by the names that they are published under."""
        self._owed: dict[socket.socket, dict[Key, None]] = {}
        """Acknowledgements that are due, each once."""
        self._look_at_door = 0.0
        self._logged: object = None
        selector.register(door.listener, selectors.EVENT_READ, self._accept)

    @property
    def refused(self) -> int:
        """Packets that did not pass the door."""
        return self._gate.refused

    @property
    def handled(self) -> Handled:
        """Up to where all records are safe."""
        oldest = next(iter(self._awaiting.values()), None)
        return self._gate.handled if oldest is None else oldest.before

    @property
    def is_connected(self) -> bool:
        """Whether an observer is at the door."""
        return self._door.clients > 0

    def agreed(self) -> None:
        """Note that the observer uses the configuration that this process uses."""
        self._gate.agreed()

    @property
    def free_descriptors(self) -> int | None:
        """How many more files this process may open if the door had no clients, which open and close as they like."""
        return None if self._descriptors is None else self._descriptors.free() + self._door.clients

    def run_due(self) -> None:
        """Look after the descriptors; call it often."""
        if self._descriptors is not None:
            self._descriptors.run_due()

    def switch_pause(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Keep the position of the remote switch, and pass it on to the observer."""
        self._remote_pause.switch(on)
        self._door.order(self._remote_pause.order)

    def keep_button(self, holds: bool) -> None:  # noqa: FBT001 - a switch
        """Keep the state of the button for an observer that has no memory of its own."""
        self._remote_pause.keep_button(holds)

    def restore_door(self) -> None:
        """Listen again where the socket was deleted; call it often."""
        now = time.monotonic()
        if now < self._look_at_door:
            return
        self._look_at_door = now + _LOOK_SECONDS
        if self._door.is_reachable:
            return
        old = self._door.listener
        try:
            self._door.listen_again()
        except Unavailable as error:
            if error.facts != self._logged:
                self._logged = error.facts
                log.warning("%s", error)
            return
        self._logged = None
        self._selector.unregister(old)
        self._selector.register(self._door.listener, selectors.EVENT_READ, self._accept)
        log.warning("%s: the socket was deleted; the publisher listens there again", self._door.path)

    def acknowledge(self, safe: Iterable[Key]) -> None:
        """Acknowledge records that are on disk or with the broker, and what could not be sent earlier."""
        for name in safe:
            key = self._keys.pop(name, None)
            if key is not None and (awaiting := self._awaiting.pop(key, None)) is not None:
                self._owe(awaiting.client, key)
        self._owed = {
            client: dict.fromkeys(later)
            for client, keys in self._owed.items()
            if (later := self._door.acknowledge(client, list(keys)))
        }

    def _accept(self, _listener: Any) -> None:  # noqa: ANN401 - a selector's callback
        scarce = self._descriptors is not None and self._descriptors.is_scarce
        client = self._door.accept(most=1) if scarce else self._door.accept()
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
        before = self._gate.handled
        match self._gate.admit(packet):
            case ClosedInterval() as record:
                self._take(record, client, before)
            case Heartbeat() as heartbeat:
                if self._remote_pause.differs(heartbeat.paused_by):
                    self._door.order(self._remote_pause.order)
                self._on_heartbeat(heartbeat)

    def _take(self, record: ClosedInterval, client: socket.socket, before: Handled) -> None:
        key = (record.boot, record.seq)
        if self._gate.repeated:
            if (awaiting := self._awaiting.get(key)) is not None:
                awaiting.client = client
            else:  # it is safe since, and the acknowledgement was lost
                self._owe(client, key)
            return
        oldest = next(iter(self._awaiting.values()), None)
        name = self._on_record(record, before if oldest is None else oldest.before)
        self._awaiting[key] = _Awaiting(client, name, before)
        self._keys[name] = key
        if len(self._awaiting) > BACKLOG:  # the observer keeps no more than this
            del self._keys[self._awaiting.pop(next(iter(self._awaiting))).name]

    def _owe(self, client: socket.socket, key: Key) -> None:
        keys = self._owed.setdefault(client, {})
        if len(keys) < BACKLOG:  # an observer that never reads its answers cannot fill the memory
            keys[key] = None
