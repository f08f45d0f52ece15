"""One simulated device: its room, its name and its connection."""

from typing import Any, Protocol

from edge.config import Settings
from edge.contract.phase import phase
from edge.contract.topics import Topics
from edge.mqtt.client import Login, dial
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Message, Published
from edge.mqtt.protocol import ProtocolChoice
from edge.simulation.records import Records
from edge.simulation.reports import Reports
from edge.simulation.tally import Tally
from edge.system.backoff import Backoff

_FLOORS, _ROOMS = 5, 20


class Owner(Protocol):
    """What a device needs of its fleet."""

    settings: Settings
    prefix: str
    secrets: Secrets
    tally: Tally

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
        name = f"{fleet.prefix}-{number:05}"
        settings = fleet.settings
        place = settings.device.model_copy(update={"id": name, "room": room_name(number)})
        settings = settings.model_copy(update={"device": place})
        self.delay = phase(name, settings.interval_seconds)
        self.connected = False
        self._fleet = fleet
        self._topics = Topics(settings, name)
        self._records = Records(settings, name)
        self._reports = Reports(settings, self._topics)
        self._backoff = Backoff(settings.mqtt.retry_cap_seconds)
        self._choice = ProtocolChoice.first(settings.mqtt.protocol)
        self._unacknowledged: set[int] = set()
        self._farewells: set[int] = set()
        self._connection: Connection | None = None
        will = Message(self._topics.status, "offline", retain=True)
        self._login = Login(settings.mqtt, fleet.secrets, f"emotion-edge-{name}", will)

    @property
    def waiting(self) -> bool:
        """Whether the broker has yet to acknowledge a record, or what the device said when it left."""
        return self.connected and bool(self._unacknowledged or self._farewells)

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
            if self._connection.accepted and not self.connected:
                self._begin()
            if self._connection.transport is None:  # it ended after these events, and its file number is free again
                self._connection.move(read=False, write=False)
        except BrokerError as error:
            self._end(error)
        else:
            self._watch()

    def publish(self, start: int, end: int, frames: int) -> None:
        """Send the record of an interval, wall clock seconds since 1970."""
        if self._connection is None or not self.connected:
            self._records.skip()
            self._fleet.tally.skipped += 1
            return
        text = self._records.next(start, end, frames)
        self._unacknowledged.add(self._connection.publish(Message(self._topics.counts, text)))
        self._fleet.tally.sent += 1
        for message in self._reports.health(end):
            self._connection.publish(message)
        self.serve()

    def leave(self) -> None:
        """Publish `offline` and take back what was retained; nothing is `waiting` once the broker has that."""
        if self._connection is not None and self.connected:
            self._farewells |= {self._connection.publish(message) for message in self._reports.farewell()}
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
        for message in self._reports.arrival():
            self._connection.publish(message)

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


def room_name(number: int) -> str:
    """Return a name such as A101: five floors of twenty rooms in each of 26 houses, then a number behind it."""
    house, place = divmod(number, _FLOORS * _ROOMS)
    floor, room = divmod(place, _ROOMS)
    street, house = divmod(house, 26)
    return f"{chr(ord('A') + house)}{floor}{room + 1:02}{f'-{street}' if street else ''}"
