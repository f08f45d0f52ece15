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
from edge.counting.uncertainty import people_in_error
from edge.mqtt.client import Client, ReasonCode, new_client
from edge.mqtt.credentials import Secrets
from edge.mqtt.protocol import VERSIONS
from edge.mqtt.refusals import explain, explain_refusal
from edge.privacy.disclosure import DisclosureControl
from edge.simulation.room import Room
from edge.simulation.tally import Tally
from edge.system.backoff import Backoff
from edge.system.clock import iso

_MODEL = "simulated (sha256 000000000000)"
_SIZES, _SHARES = (1.0, 25.0, 200.0), (0.5, 0.15, 0.1)
"""Error of groups of this model, which does not exist: made up, so that subscribers see a number of a usual size."""


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

    def unwatch(self, connection: Any) -> None:  # noqa: ANN401 - some socket
        """Serve a connection no longer."""

    def complain(self, line: str) -> None:
        """Say a failure once, not for every device."""


class Device:
    """Speaks when its fleet says so, and tells the fleet's tally what became of it."""

    def __init__(self, fleet: Owner, number: int) -> None:
        settings = fleet.settings
        self.name = f"{fleet.prefix}-{number:05}"
        device = settings.device.model_copy(update={"id": self.name, "room": f"R{number:05}"})
        self._settings = settings.model_copy(update={"device": device})
        self._fleet = fleet
        self._broker = settings.mqtt.brokers[0]
        self._privacy = PrivacyNote.model_validate(settings.privacy.model_dump())
        self._topics = Topics(self._settings, self.name)
        self._room = Room(random.Random(self.name))  # noqa: S311 - people who come and go
        self._control = DisclosureControl()
        self._boot, self._seq = secrets.token_hex(4), itertools.count()
        self._backoff = Backoff(settings.mqtt.retry_cap_seconds)
        self.delay = phase(self.name, settings.interval_seconds)
        self.connected = False
        self._under_way: set[int] = set()
        self.client = self._new_client()

    @property
    def waiting(self) -> bool:
        """Whether the broker has yet to acknowledge a record."""
        return self.connected and bool(self._under_way)

    def connect(self) -> float | None:
        """Try to connect; return the seconds to wait before the next attempt, or None where one is under way."""
        try:
            self.client.connect(self._broker.host, self._broker.port, self._settings.mqtt.keepalive_seconds)
        except OSError as error:
            self._fleet.complain(explain(error, self._broker, self._settings.mqtt))
            return self._backoff.next()
        return None

    def publish(self, start: int, end: int, frames: int) -> None:
        """Send the record of an interval, wall clock seconds since 1970."""
        seq = next(self._seq)
        if not self.connected:
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
        mean = disclosed.faces.mean
        error = None if mean is None else people_in_error(mean, _SIZES, _SHARES)
        payload = as_published(record, disclosed, error, self._privacy, self._settings.device)
        text = json.dumps(payload, separators=(",", ":"))
        self._under_way.add(self.client.publish(self._topics.counts, text, qos=1).mid)
        self._fleet.tally.sent += 1

    def close(self) -> None:
        """Say offline and hang up."""
        if self.connected:
            self.client.publish(self._topics.status, "offline", qos=1, retain=True)
            self.client.disconnect()

    def _new_client(self) -> Client:
        mqtt = self._settings.mqtt
        protocol = VERSIONS[mqtt.protocol][0]
        client = new_client(mqtt, self._fleet.secrets, self._broker, f"emotion-edge-{self.name}", protocol)
        client.will_set(self._topics.status, "offline", qos=1, retain=True)
        client.on_socket_open = lambda _c, _u, connection: self._fleet.watch(self, connection)
        client.on_socket_close = lambda _c, _u, connection: self._fleet.unwatch(connection)
        client.on_socket_register_write = lambda _c, _u, connection: self._fleet.watch(self, connection, write=True)
        client.on_socket_unregister_write = lambda _c, _u, connection: self._fleet.watch(self, connection)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _on_connect(self, client: Client, _user: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        if reason.is_failure:
            self._fleet.complain(explain_refusal(reason, self._broker))
            return
        self.connected = True
        self._backoff.reset()
        self._fleet.tally.connected += 1
        client.publish(self._topics.status, "online", qos=1, retain=True)

    def _on_disconnect(self, *_about: object) -> None:
        if self.connected:
            self.connected = False
            self._fleet.tally.connected -= 1
            self._fleet.tally.disconnects += 1
        self._fleet.again(self, self._backoff.next())

    def _on_publish(self, _c: object, _u: object, mid: int, reason: ReasonCode, _properties: object) -> None:
        if mid not in self._under_way:
            return
        self._under_way.discard(mid)
        if reason.is_failure:
            self._fleet.tally.refused += 1
        else:
            self._fleet.tally.acknowledged += 1
