"""One simulated device: its room, its name and its connection."""

import itertools
import json
import random
import secrets
import time
from typing import Any, Protocol

from edge.config import Settings
from edge.contract.payload import as_published
from edge.contract.phase import phase
from edge.contract.records import IntervalRecord, PrivacyNote
from edge.contract.topics import Topics
from edge.mqtt.client import Login, dial
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Message, Published
from edge.mqtt.protocol import ProtocolChoice
from edge.privacy.disclosure import DisclosureControl
from edge.simulation.room import Room
from edge.simulation.tally import Tally
from edge.system.backoff import Backoff
from edge.system.clock import iso

_MODEL = "simulated (sha256 000000000000)"


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
        settings = fleet.settings
        self.name = f"{fleet.prefix}-{number:05}"
        device = settings.device.model_copy(update={"id": self.name, "room": f"R{number:05}"})
        self._settings = settings.model_copy(update={"device": device})
        self._fleet = fleet
        self._privacy = PrivacyNote.model_validate(settings.privacy.model_dump())
        self._topics = Topics(self._settings, self.name)
        self._room = Room(random.Random(self.name))  # noqa: S311 - people who come and go
        self._control = DisclosureControl()
        self._boot, self._seq = secrets.token_hex(4), itertools.count()
        self._backoff = Backoff(settings.mqtt.retry_cap_seconds)
        self._choice = ProtocolChoice.first(settings.mqtt.protocol)
        self.delay = phase(self.name, settings.interval_seconds)
        self.connected = False
        self._unacknowledged: set[int] = set()
        self._connection: Connection | None = None
        will = Message(self._topics.status, "offline", retain=True)
        self._login = Login(settings.mqtt, fleet.secrets, f"emotion-edge-{self.name}", will)

    @property
    def waiting(self) -> bool:
        """Whether the broker has yet to acknowledge a record."""
        return self.connected and bool(self._unacknowledged)

    def connect(self) -> None:
        """Try to connect; the broker's answer comes later, by `serve`."""
        try:
            self._connection = dial(self._login, self._settings.mqtt.brokers[0], self._choice.version)
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
        seq = next(self._seq)
        if self._connection is None or not self.connected:
            self._fleet.tally.skipped += 1
            return
        record = IntervalRecord(
            **dict(self._room.counts(frames)),
            boot=self._boot,
            seq=seq,
            start=iso(start),
            end=iso(end),
            monotonic=time.monotonic(),
            clock="synced",
            model=_MODEL,
        )
        disclosed = self._control.disclose(record, self._privacy)
        payload = as_published(record, disclosed, self._privacy, self._settings, self.name)
        text = json.dumps(payload, separators=(",", ":"))
        self._unacknowledged.add(self._connection.publish(Message(self._topics.counts, text)))
        self._fleet.tally.sent += 1
        self.serve()

    def close(self) -> None:
        """Publish `offline` and hang up; `connected` is false once that is done."""
        if self._connection is not None and self.connected:
            self._connection.publish(Message(self._topics.status, "offline", retain=True))
            self._connection.disconnect()
            self.serve()

    def _begin(self) -> None:
        assert self._connection is not None
        self.connected = True
        self._backoff.reset()
        self._choice = self._choice.after_acceptance()
        self._fleet.tally.connected += 1
        self._connection.publish(Message(self._topics.status, "online", retain=True))

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
        if event.packet_id not in self._unacknowledged:
            return
        self._unacknowledged.discard(event.packet_id)
        if event.error is not None:
            self._fleet.tally.refused += 1
        else:
            self._fleet.tally.acknowledged += 1
