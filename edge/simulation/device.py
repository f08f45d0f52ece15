"""One simulated device: its room, its name and its connection."""

from typing import Any, Protocol

from edge.config import Settings
from edge.contract.phase import phase
from edge.contract.topics import PAUSE_ORDERS
from edge.mqtt.client import Login, dial
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Incoming, Message, Published
from edge.mqtt.protocol import ProtocolChoice
from edge.simulation.messages import Messages
from edge.simulation.school import School
from edge.simulation.tally import Tally
from edge.system.backoff import Backoff

_FLOORS, _ROOMS = 5, 20
_LATE = 50
"""Records of the history that wait for the broker's word at a time."""


class Owner(Protocol):
    """What a device needs of its fleet."""

    settings: Settings
    school: School
    secrets: Secrets
    tally: Tally
    leaving: bool

    def again(self, device: "Device", seconds: float) -> None:
        """Let `device` connect after a while."""

    def watch(self, device: "Device", connection: Any, *, write: bool = False) -> None:  # noqa: ANN401 - some socket
        """Serve a connection from now on; `write` while there are bytes to send."""

    def unwatch(self, device: "Device") -> None:
        """Stop serving the connection of `device`."""

    def log_once(self, error: BrokerError) -> None:
        """Log a failure once, not for every device."""


class Device:
    """Publishes when its fleet asks it to, and records in the fleet's tally what became of it."""

    def __init__(self, fleet: Owner, number: int) -> None:
        name = f"sim-{number:05}"
        settings = fleet.settings
        place = settings.device.model_copy(update={"id": name, "room": _room(fleet.school, number)})
        settings = settings.model_copy(update={"device": place})
        self.delay = phase(name, settings.interval_seconds)
        self.connected = False
        self._fleet = fleet
        self._messages = Messages(settings, fleet.school, number)
        self._backoff = Backoff(settings.mqtt.retry_cap_seconds)
        self._choice = ProtocolChoice.first(settings.mqtt.protocol)
        self._unacknowledged: set[int] = set()
        self._farewells: set[int] = set()
        self._connection: Connection | None = None
        will = Message(self._messages.topics.status, "offline", retain=True)
        self._login = Login(settings.mqtt, fleet.secrets, f"emotion-edge-{name}", will)

    @property
    def waiting(self) -> bool:
        """Whether the broker has yet to acknowledge a record, or what the device said when it left."""
        return self.connected and bool(self._unacknowledged or self._farewells)

    def begin_history(self, until: int) -> None:
        """Take up the records of the time before the first live one, which begins at `until`, seconds since 1970."""
        self._messages.begin_history(until)

    def connect(self) -> None:
        """Try to connect; the broker's answer comes later, by `serve`."""
        try:
            self._connection = dial(self._login, self._login.settings.brokers[0], self._choice.version)
        except BrokerError as error:
            self._failed(error)
        else:
            self._watch()

    def serve(self, *, read: bool = False, write: bool = False) -> None:
        """Read and write what is possible, and keep the connection alive."""
        if self._connection is None:
            return
        try:
            for event in self._connection.move(read=read, write=write):
                if isinstance(event, Published):
                    self._count(event)
                elif isinstance(event, Incoming):
                    self._obey(self._connection, event)
            if self._connection.accepted and not self.connected:
                self._begin()
            if self.connected:
                self._send_history(self._connection)
            if self._connection.transport is None:  # it ended after these events, and its file number is free again
                self._connection.move(read=False, write=False)
        except BrokerError as error:
            self._end(error)
        else:
            self._watch()

    def publish(self, start: int, end: int, frames: int) -> None:
        """Send the record of an interval, wall clock seconds since 1970."""
        if self._messages.is_off(start):
            return
        if self._connection is None or not self.connected:
            self._messages.skip()
            self._fleet.tally.skipped += 1
            return
        self._send(self._connection, *self._messages.live(start, end, frames))
        self.serve()

    def _send(self, connection: Connection, record: Message, health: list[Message]) -> None:
        self._unacknowledged.add(connection.publish(record))
        self._fleet.tally.sent += 1
        for message in health:
            connection.publish(message)

    def _send_history(self, connection: Connection) -> None:
        """Send as much of the history as may wait for the broker's word."""
        while not self._fleet.leaving and len(self._unacknowledged) < _LATE and (late := self._messages.late()):
            self._send(connection, *late)

    def leave(self) -> None:
        """Publish `offline` and take back what was retained; nothing is `waiting` once the broker has that."""
        if self._connection is not None and self.connected:
            self._farewells |= {self._connection.publish(message) for message in self._messages.farewell()}
            self.serve()

    def close(self) -> None:
        """Hang up; `connected` is false once that is done."""
        if self._connection is not None and self.connected:
            self._connection.disconnect()
            self.serve()

    def _begin(self) -> None:
        assert self._connection is not None
        self.connected = True
        self._backoff.reset()
        self._choice = self._choice.after_acceptance()
        self._fleet.tally.connected += 1
        self._connection.subscribe([(self._messages.topics.pause_set, 1)])
        for message in self._messages.arrival():
            self._connection.publish(message)

    def _obey(self, connection: Connection, order: Incoming) -> None:
        """Pause or resume; what a true device would refuse is ignored."""
        on = None if order.retained else PAUSE_ORDERS.get(order.payload)
        for message in () if on is None else self._messages.pause(on):
            connection.publish(message)

    def _watch(self) -> None:
        """Let the fleet wait for what this connection needs."""
        assert self._connection is not None
        if self._connection.transport is not None:
            self._fleet.watch(self, self._connection.transport, write=self._connection.wants_write)

    def _end(self, error: BrokerError) -> None:
        assert self._connection is not None
        self._fleet.unwatch(self)
        self._connection.close()
        self._connection = None
        self._unacknowledged.clear()
        self._farewells.clear()
        if not self.connected:
            self._failed(error)
            return
        self.connected = False
        self._fleet.tally.connected -= 1
        self._fleet.tally.disconnects += 1
        self._fleet.again(self, self._backoff.next())

    def _failed(self, error: BrokerError) -> None:
        """Try again: at once with an older protocol where that may help, else after a while."""
        choice, self._choice = self._choice, self._choice.after_failure(error)
        if self._choice.older(choice):
            self._fleet.again(self, 0.0)
            return
        self._fleet.log_once(error)
        self._fleet.again(self, self._backoff.next())

    def _count(self, event: Published) -> None:
        self._farewells.discard(event.packet_id)
        if event.packet_id not in self._unacknowledged:
            return
        self._unacknowledged.discard(event.packet_id)
        if event.error is not None:
            self._fleet.tally.refused += 1
        else:
            self._fleet.tally.acknowledged += 1


def _room(school: School, number: int) -> str:
    return school.rooms[number] if number < len(school.rooms) else room_name(number)


def room_name(number: int) -> str:
    """Return a name such as A101: five floors of twenty rooms in each of 26 houses, then a number behind it."""
    house, place = divmod(number, _FLOORS * _ROOMS)
    floor, room = divmod(place, _ROOMS)
    street, house = divmod(house, 26)
    return f"{chr(ord('A') + house)}{floor}{room + 1:02}{f'-{street}' if street else ''}"
