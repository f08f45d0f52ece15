"""Records as devices publish them, made by the code that publishes them, and a client that sends them."""

import json
import random
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge.config import Settings
from edge.contract.payload import as_published
from edge.contract.records import Counted, Counts, IntervalRecord
from edge.counting.uncertainty import people_in_error
from edge.privacy.disclosure import DisclosureControl
from edge.privacy.settings import configured_note
from edge.privacy.swapping import Swapping
from edge.publisher.health import MachineState, PublisherState, build_health
from edge.simulation.room import Room
from edge.system.clock import iso
from tests.conftest import SECONDS, hang_up
from tests.support.counts import counts
from tests.support.heartbeat import heartbeat


def password_file(folder: Path, user: str, password: str) -> Path:
    """Return a file for Mosquitto's `password_file` that knows one user."""
    file = folder / "passwords"
    file.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", file, user, password], check=True, capture_output=True)
    return file


LENGTH = 10
"""Seconds of an interval."""
BASE = "emotion-edge/v1"
SIZES, SHARES = (1.0, 25.0, 200.0), (0.5, 0.15, 0.1)
"""Error of groups that these devices' model has."""


class NobodyMoves(Swapping):
    """Lets tests know the published numbers before."""

    def move(self, counts: Counts, may_be: object = None) -> None:
        """Move nobody."""
        del counts, may_be


class Device:
    """Publishes interval after interval of a room, in which people come and go unless they are given."""

    def __init__(
        self, name: str, *, site: str = "north", room: str = "B12", begin: int | None = None, **privacy: Any
    ) -> None:
        device = {"id": name, "site": site, "room": room}
        self.settings = Settings.model_validate({"device": device, "privacy": {"max_share": 1.0} | privacy})
        self.name = name
        self.root = f"{BASE}/{site}/{name}"
        self.boot = secrets.token_hex(4)
        self.seq = 0
        self.time = (begin or int(time.time()) - 600) // LENGTH * LENGTH
        self._privacy = configured_note(self.settings.privacy)
        self._control = DisclosureControl()
        self._control._swapping = NobodyMoves()
        self._room = Room(random.Random(name))

    def next(self, people: float | None = None, *, paused: bool = False, **more: Any) -> dict[str, Any]:
        """Return the next interval's payload: of so many people, or of whoever the room holds."""
        seen: Counted = self._room.counts(20) if people is None else counts(people, **more)
        if paused:
            seen = counts(0.0, analysed=0)
        record = IntervalRecord(
            **{name: getattr(seen, name) for name in Counted.model_fields},
            boot=self.boot,
            seq=self.seq,
            start=iso(self.time),
            end=iso(self.time + LENGTH),
            monotonic=time.monotonic(),
            clock="synced",
            model="emotion-edge-standard-7 (sha256 0123456789ab)",
            paused=paused,
        )
        self.seq += 1
        self.time += LENGTH
        disclosed = self._control.disclose(record, self._privacy, paused=paused)
        mean = disclosed.faces.mean
        error = None if mean is None else people_in_error(mean, SIZES, SHARES)
        return as_published(record, disclosed, error, self._privacy, self.settings.device)


def health(device: str, **changes: Any) -> str:
    """Return the payload of `health` of a device that is well but for the changes."""
    own = PublisherState(backlog=0, dropped=0, spool="disk", refused_at_door=0, refused_commands=0, connections=1)
    built = build_health(device, time.time(), heartbeat(), own, MachineState(40, True, 50.0, 0))
    return json.dumps(built.model_dump(by_alias=True) | changes)


class Sender:
    """A client that publishes with QoS 1 and waits for the broker's word."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.max_queued_messages_set(0)  # the broker's pace, none lost
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        self.hand_over(topic, payload, retain=retain).wait_for_publish(SECONDS)

    def hand_over(self, topic: str, payload: Any, *, retain: bool = False) -> paho.MQTTMessageInfo:
        """Publish without waiting for the broker's word."""
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        return self._client.publish(topic, payload, qos=1, retain=retain)

    def send(self, device: Device, record: dict[str, Any], *, late: bool = False) -> None:
        leaf = "counts/backfill" if late else "counts"
        self.say(f"{device.root}/{leaf}", record | {"replayed": late})

    def close(self) -> None:
        hang_up(self._client)
