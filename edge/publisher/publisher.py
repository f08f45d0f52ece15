"""The process that talks: door → disclosure control → spool → broker."""

import hashlib
import json
import logging
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from edge import __version__
from edge.clock import is_synchronised, iso
from edge.config import Settings
from edge.counting.disclosure import disclose
from edge.door import DoorServer, Gate
from edge.health import resident_kilobytes, soc_celsius, throttled
from edge.paths import door_path, state_directory
from edge.publisher.events import Acknowledged, Connected, Disconnected, Event, Message
from edge.publisher.identity import device_id
from edge.publisher.last_exit import LastExit
from edge.publisher.session import Session
from edge.publisher.spool import Spool
from edge.publisher.topics import Topics
from edge.records import SCHEMA_VERSION, Heartbeat, IntervalRecord, PrivacyNote, PublishedRecord

log = logging.getLogger(__name__)

_BACKLOG_A_SECOND = 5
_MAX_IN_FLIGHT = 20
_SILENT_INTERVALS = 3
_PATIENCE = 0.5


class Publisher:
    """One device's voice."""

    def __init__(self, settings: Settings) -> None:
        """Check and acquire everything local; the broker may be absent.

        Raises:
            EdgeError: the door is taken, a certificate is unusable, or the device has no lasting id.

        """
        self._settings = settings
        self._device = device_id(settings)
        self._topics = Topics(settings, self._device)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._wake_in, self._wake_out = socket.socketpair()
        self._session = Session(
            settings.mqtt,
            f"emotion-edge-{self._device}",
            Message(self._topics.status, "offline", retain=True),
            self._on_session_event,
        )
        self._gate = Gate(settings.interval_seconds)
        self._door = DoorServer(door_path(settings))
        directory = state_directory(settings)
        self._spool = Spool(directory, settings.spool)
        self._last_exit = LastExit(directory)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door.listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake_in, selectors.EVENT_READ, self._woken)
        self._protocol: str | None = None
        self._in_flight: set[int] = set()
        self._backlog_due = 0.0
        self._health_due = time.monotonic() + settings.interval_seconds
        self._heartbeat: Heartbeat | None = None
        self._heard_at = 0.0
        self._described = ""

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Serve until `stop` is set; `ready` is called once records can be handed in."""
        self._session.start()
        ready()
        log.info("publishing as %s", self._topics.counts.removesuffix("/counts"))
        while not stop.is_set():
            for key, _mask in self._selector.select(_PATIENCE):
                key.data(key.fileobj)
            self._drain_backlog()
            if time.monotonic() >= self._health_due:
                self._publish_health()
        self._session.stop(Message(self._topics.status, "offline", retain=True))
        self._take_events()
        self._door.close()
        self._spool.close()
        self._last_exit.clean()

    def _accept(self, _listener: Any) -> None:  # noqa: ANN401 - a selector's callback
        client = self._door.accept()
        if client is not None:
            self._selector.register(client, selectors.EVENT_READ, self._receive)

    def _receive(self, client: socket.socket) -> None:
        packet = self._door.receive(client)
        if packet is None:
            self._selector.unregister(client)
            self._door.hang_up(client)
            return
        match self._gate.admit(packet):
            case IntervalRecord() as record:
                if not self._gate.repeated:
                    self._publish_record(record)
                self._door.acknowledge(client, record)
            case Heartbeat() as heartbeat:
                self._hear(heartbeat)

    def _publish_record(self, record: IntervalRecord) -> None:
        payload = self._published(record)
        number = self._spool.add(payload)
        if self._protocol is not None and len(self._in_flight) < _MAX_IN_FLIGHT and number not in self._in_flight:
            self._send(number, self._topics.counts, payload)

    def _published(self, record: IntervalRecord) -> dict[str, Any]:
        privacy = self._settings.privacy
        disclosed = disclose(record, privacy.min_group, privacy.max_share)
        return PublishedRecord(
            **dict(disclosed),
            schema=1,
            device=self._device,
            site=self._settings.device.site,
            room=self._settings.device.room,
            boot=record.boot,
            seq=record.seq,
            start=record.start,
            end=record.end,
            clock=record.clock,
            privacy=PrivacyNote(min_group=privacy.min_group, max_share=privacy.max_share),
            model=record.model,
            replayed=False,
        ).model_dump(by_alias=True)

    def _drain_backlog(self) -> None:
        """Send what waited for the broker, oldest first, at a bounded rate."""
        now = time.monotonic()
        if self._protocol is None or now < self._backlog_due or len(self._in_flight) >= _MAX_IN_FLIGHT:
            return
        for number, payload in self._spool.oldest(max(self._in_flight, default=0)):
            self._send(number, self._topics.backfill, {**payload, "replayed": True})
            self._backlog_due = now + 1 / _BACKLOG_A_SECOND
            break

    def _send(self, number: int, topic: str, payload: dict[str, Any]) -> None:
        self._in_flight.add(number)
        self._session.publish(Message(topic, json.dumps(payload), token=number))

    def _hear(self, heartbeat: Heartbeat) -> None:
        before = self._heartbeat.camera.state if self._heartbeat else None
        self._heartbeat, self._heard_at = heartbeat, time.monotonic()
        if heartbeat.camera.state != before:
            self._publish_health()
        self._publish_info()

    def _on_session_event(self, event: Event) -> None:
        """Pass an event over from the session's thread."""
        self._events.put(event)
        self._wake_out.send(b"!")

    def _woken(self, _wake: Any) -> None:  # noqa: ANN401 - a selector's callback
        self._wake_in.recv(4096)
        self._take_events()

    def _take_events(self) -> None:
        while not self._events.empty():
            match self._events.get():
                case Connected(protocol):
                    self._protocol = protocol
                    self._described = ""
                    self._session.publish(Message(self._topics.status, "online", retain=True))
                    self._publish_info()
                    self._publish_health()
                case Disconnected():
                    self._protocol = None
                    self._in_flight.clear()
                case Acknowledged(number):
                    self._spool.remove(number)
                    self._in_flight.discard(number)

    def _publish_info(self) -> None:
        """Say who this is; again only when something of it changed."""
        settings, heartbeat = self._settings, self._heartbeat
        info = {
            "schema": SCHEMA_VERSION,
            "device": self._device,
            "site": settings.device.site,
            "room": settings.device.room,
            "version": __version__,
            "model": heartbeat.model if heartbeat else None,
            "runtime": heartbeat.runtime if heartbeat else None,
            "network_isolated": heartbeat.network_isolated if heartbeat else None,
            "configuration": hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12],
            "interval_seconds": settings.interval_seconds,
            "privacy": settings.privacy.model_dump(),
            "mqtt": self._protocol,
            "last_exit": self._last_exit.reason,
        }
        payload = json.dumps(info)
        if self._protocol is not None and payload != self._described:
            self._described = payload
            self._session.publish(Message(self._topics.info, payload, retain=True))

    def _publish_health(self) -> None:
        now = time.monotonic()
        self._health_due = now + self._settings.interval_seconds
        heartbeat = self._heartbeat
        silent = heartbeat is None or now - self._heard_at > _SILENT_INTERVALS * self._settings.interval_seconds
        health = {
            "schema": SCHEMA_VERSION,
            "device": self._device,
            "time": iso(time.time()),
            "observer": "silent" if silent else "running",
            "camera": None if heartbeat is None or silent else heartbeat.camera.model_dump(),
            "frames_per_second": None if heartbeat is None or silent else heartbeat.frames_per_second,
            "seconds_between_scans": None if heartbeat is None or silent else heartbeat.seconds_between_scans,
            "observer_resident_megabytes": None if heartbeat is None or silent else heartbeat.resident_megabytes,
            "publisher_resident_megabytes": round(resident_kilobytes() / 1024),
            "backlog": len(self._spool) - len(self._in_flight),
            "dropped": self._spool.dropped,
            "spool": "memory" if self._spool.in_memory else "disk",
            "refused_at_door": self._gate.refused,
            "connections": self._session.connections,
            "clock": "synced" if is_synchronised() else "unsynced",
            "soc_celsius": soc_celsius(),
            "throttled": None if (bits := throttled()) is None else f"0x{bits:x}",
        }
        if self._protocol is not None:
            self._session.publish(Message(self._topics.health, json.dumps(health), qos=0))


def publish(settings: Settings, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the publisher until `stop` is set; `ready` is called when all that is local has proved usable."""
    Publisher(settings).run(stop, ready)
