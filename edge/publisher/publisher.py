"""The process that talks: door → disclosure control → spool → broker."""

import contextlib
import hashlib
import logging
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from edge import __version__
from edge.config import Settings
from edge.contract.payload import as_published
from edge.contract.records import HEALTH_SECONDS, SCHEMA_VERSION, Health, Heartbeat, Info, IntervalRecord
from edge.contract.topics import Topics
from edge.door.gate import Gate
from edge.door.packets import Key
from edge.door.server import DoorServer
from edge.mqtt.events import Acknowledged, Connected, Disconnected, Event, Incoming, Message, Refused
from edge.mqtt.session import Session
from edge.pause.remote import RemotePause
from edge.privacy.disclosure import DisclosureControl
from edge.privacy.settings import PrivacyStore
from edge.publisher.commands import Commands
from edge.publisher.delivery import Delivery
from edge.publisher.emotions_error import EmotionsError
from edge.publisher.home_assistant.announcer import Announcer
from edge.publisher.home_assistant.discovery import discovery
from edge.publisher.metrics import Metrics
from edge.publisher.spool.spool import Spool
from edge.publisher.state.last_exit import LastExit
from edge.publisher.state.lock import StateLock
from edge.system.clock import is_synchronised, iso
from edge.system.identity import device_id
from edge.system.paths import door_path, state_directory
from edge.system.reload import Reload, serve
from edge.system.sensors import resident_kilobytes, soc_celsius, throttled
from edge.system.service import Service

log = logging.getLogger(__name__)

_SILENT_INTERVALS = 3
_PACKETS_A_TURN = 64
_MOST_EVENTS = 1000
"""Events that may wait for the main loop before commands, which are a stranger's, are dropped."""


class Publisher:
    """One device's voice."""

    def __init__(self, settings: Settings, service: Service) -> None:
        """Check and acquire everything local; the broker may be absent.

        Raises:
            EdgeError: the door or the port of metrics is taken, a certificate is unusable, or the device has no
                lasting id.

        """
        self._settings = settings
        self._service = service
        self._device = device_id(settings)
        self._named_device = settings.device.model_copy(update={"id": self._device})
        self._topics = Topics(settings, self._device)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_out.setblocking(False)
        directory = state_directory(settings)
        self._privacy_store = PrivacyStore(directory, settings.privacy)
        self._announcer = Announcer(
            settings.home_assistant,
            self._topics,
            self._device,
            directory,
            lambda: discovery(settings, self._topics, self._device, self._privacy_store.now),
            self._say,
        )
        self._session = Session(
            settings.mqtt,
            f"emotion-edge-{self._device}",
            Message(self._topics.status, "offline", retain=True),
            self._on_session_event,
            (self._topics.pause_set, self._topics.privacy_set, *self._announcer.topics),
        )
        self._gate = Gate(settings.interval_seconds)
        self._control = DisclosureControl()
        self._emotions_error = EmotionsError(settings)
        self._door = DoorServer(door_path(settings))
        self._spool = Spool(directory, settings.spool, settings.interval_seconds)
        self._delivery = Delivery(
            self._spool, self._topics, settings.interval_seconds, self._device, self._session.publish
        )
        self._awaiting: dict[Key, socket.socket] = {}
        self._owed: dict[socket.socket, list[Key]] = {}
        self._last_exit = LastExit(directory)
        self._remote_pause = RemotePause(directory)
        self._commands = Commands(self._topics, self._privacy_store, self._switch_pause)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door.listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake_in, selectors.EVENT_READ, self._woken)
        self._protocol: str | None = None
        self._health_due = time.monotonic() + settings.interval_seconds
        self._heartbeat: Heartbeat | None = None
        self._heard_at = 0.0
        self._described = ""
        self._pause_told = ""
        self._people = "nothing counted yet"
        self._metrics = Metrics(settings.metrics, self._health)
        self._state_lock = StateLock(directory)

    def run(self, stop: threading.Event, reload: Reload) -> None:
        """Serve until `stop` is set or new settings are there; then nothing is held in memory alone."""
        self._session.start()
        log.info("publishing as %s", self._topics.counts.removesuffix("/counts"))
        wait = 0.0
        while not (stop.is_set() or reload.due):
            for key, _mask in self._selector.select(wait):
                key.data(key.fileobj)
            wait = max(0.01, min(self._delivery.run_due(), self._announcer.wait))
            self._acknowledge()
            if self._announcer.run_due() or time.monotonic() >= self._health_due:
                self._publish_health()
            if self._session.healthy:
                self._service.alive()
            self._tell()
        self._delivery.flush()
        self._session.stop(Message(self._topics.status, "offline", retain=True))
        self._take_events()
        self._delivery.close()
        self._acknowledge()
        self._door.close()
        self._metrics.close()
        self._last_exit.clean()
        self._state_lock.end()

    def _say(self, message: Message) -> None:
        self._session.publish(message)

    def _tell(self) -> None:
        """Say in a line how it does, for `systemctl status`."""
        broker = "broker ok" if self._protocol is not None else "no broker"
        camera = self._heartbeat.camera.state if self._heartbeat else "silent"
        rate = (
            f"{self._heartbeat.frames_per_second} fps"
            if camera == "running" and self._heartbeat
            else f"camera {camera}"
        )
        self._service.status(f"{self._people}, {rate}, {broker}, {len(self._spool)} records wait")

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
                self._selector.unregister(client)
                self._door.hang_up(client)
                self._owed.pop(client, None)
                return
            self._admit(packet, client)

    def _admit(self, packet: bytes, client: socket.socket) -> None:
        match self._gate.admit(packet):
            case IntervalRecord() as record:
                key = (record.boot, record.seq)
                known = key in self._awaiting
                if known or not self._gate.repeated:
                    self._awaiting[key] = client
                else:
                    self._owed.setdefault(client, []).append(key)
                if not self._gate.repeated:
                    self._delivery.take(self._published(record), record.monotonic)
            case Heartbeat() as heartbeat:
                self._hear(heartbeat)

    def _acknowledge(self) -> None:
        """Tell the observer which records it may forget."""
        for record in self._delivery.take_confirmed():
            if (client := self._awaiting.pop(record.key, None)) is not None:
                self._owed.setdefault(client, []).append(record.key)
        self._owed = {
            client: later for client, keys in self._owed.items() if (later := self._door.acknowledge(client, keys))
        }

    def _published(self, record: IntervalRecord) -> dict[str, Any]:
        privacy = self._privacy_store.now
        disclosed = self._control.disclose(record, privacy, paused=record.paused)
        emotions_error = self._emotions_error.of(disclosed, record.model)
        payload = as_published(record, disclosed, emotions_error, privacy, self._named_device)
        mean = payload["faces"]["mean"]  # anyone on the device may read the status: it says no more than is published
        self._people = "faces withheld" if mean is None else f"{mean:g} faces"
        return payload

    def _hear(self, heartbeat: Heartbeat) -> None:
        before = (self._heartbeat.camera.state, self._heartbeat.paused_by) if self._heartbeat else None
        self._heartbeat, self._heard_at = heartbeat, time.monotonic()
        if self._remote_pause.heard(heartbeat.paused_by):
            self._door.order(self._remote_pause.order)
        if (heartbeat.camera.state, heartbeat.paused_by) != before:
            self._publish_health()
        self._publish_info()
        self._publish_pause()

    def _switch_pause(self, on: bool) -> None:  # noqa: FBT001 - a switch
        self._remote_pause.switch(on)
        self._door.order(self._remote_pause.order)

    def _publish_pause(self) -> None:
        """Say whether the camera is closed, as the observer says it; again only when that changed."""
        if self._heartbeat is None or self._protocol is None:
            return
        state = "ON" if self._heartbeat.camera.state == "paused" else "OFF"
        if state != self._pause_told:
            self._pause_told = state
            self._session.publish(Message(self._topics.pause, state, retain=True))

    def _on_session_event(self, event: Event) -> None:
        """Pass an event over from the session's thread."""
        if isinstance(event, Incoming) and self._events.qsize() > _MOST_EVENTS:
            return
        self._events.put(event)
        with contextlib.suppress(BlockingIOError):  # full: it will wake anyway
            self._wake_out.send(b"!")

    def _woken(self, _wake: Any) -> None:  # noqa: ANN401 - a selector's callback
        self._wake_in.recv(4096)
        self._take_events()

    def _take_events(self) -> None:
        while not self._events.empty():
            match self._events.get():
                case Connected(protocol, window):
                    self._protocol = protocol
                    self._delivery.connected(window)
                    self._described = self._pause_told = ""
                    self._session.publish(Message(self._topics.status, "online", retain=True))
                    self._announcer.connected()
                    self._publish_info()
                    self._publish_health()
                    self._publish_pause()
                case Disconnected():
                    self._protocol = None
                    self._delivery.disconnected()
                    self._announcer.disconnected()
                case Acknowledged(token):
                    self._delivery.acknowledged(token)
                case Refused(token):
                    self._delivery.refused(token)
                case Incoming() as message if not self._announcer.hears(message):
                    self._commands.take(message)
                    self._publish_info()

    def _publish_info(self) -> None:
        """Say who this is; again only when something of it changed."""
        settings, heartbeat = self._settings, self._heartbeat
        info = {
            "schema": SCHEMA_VERSION,
            "device": self._device,
            "site": settings.device.site,
            "room": settings.device.room,
            "version": __version__,
            "mode": settings.mode,
            "model": heartbeat.model if heartbeat else None,
            "runtime": heartbeat.runtime if heartbeat else None,
            "network_isolated": heartbeat.network_isolated if heartbeat else None,
            "configuration": hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12],
            "interval_seconds": settings.interval_seconds,
            "privacy": self._privacy_store.now,
            "mqtt": self._protocol,
            "last_exit": self._last_exit.reason,
        }
        payload = Info.model_validate(info).model_dump_json(by_alias=True)
        if self._protocol is not None and payload != self._described:
            self._described = payload
            self._session.publish(Message(self._topics.info, payload, retain=True))
            self._announcer.tell()

    def _publish_health(self) -> None:
        self._health_due = time.monotonic() + max(HEALTH_SECONDS, self._settings.interval_seconds)
        if self._protocol is not None:
            payload = self._health().model_dump_json(by_alias=True)
            self._session.publish(Message(self._topics.health, payload, qos=0))

    def _health(self) -> Health:
        """Return how the device does; another thread may ask, too."""
        now = time.monotonic()
        heartbeat = self._heartbeat
        silent = heartbeat is None or now - self._heard_at > _SILENT_INTERVALS * self._settings.interval_seconds
        health = {
            "schema": SCHEMA_VERSION,
            "device": self._device,
            "time": iso(time.time()),
            "observer": "silent" if silent else "running",
            "camera": None if heartbeat is None or silent else heartbeat.camera,
            "paused_by": None if heartbeat is None or silent else [n for n, holds in heartbeat.paused_by if holds],
            "frames_per_second": None if heartbeat is None or silent else heartbeat.frames_per_second,
            "seconds_between_scans": None if heartbeat is None or silent else heartbeat.seconds_between_scans,
            "observer_resident_megabytes": None if heartbeat is None or silent else heartbeat.resident_megabytes,
            "publisher_resident_megabytes": round(resident_kilobytes() / 1024),
            "backlog": len(self._spool) - self._delivery.under_way,
            "dropped": self._spool.dropped,
            "spool": "memory" if self._spool.problem else "disk",
            "refused_at_door": self._gate.refused,
            "refused_commands": self._commands.refusals.count,
            "connections": self._session.connections,
            "clock": "synced" if is_synchronised() else "unsynced",
            "soc_celsius": soc_celsius(),
            "throttled": None if (bits := throttled()) is None else f"0x{bits:x}",
        }
        return Health.model_validate(health)


def publish(
    settings: Settings, stop: threading.Event, ready: Callable[[], None], read: Callable[[], Settings], service: Service
) -> None:
    """Run the publisher until `stop` is set.

    Args:
        settings: what to begin with.
        stop: set by a signal.
        ready: called when all that is local has proved usable.
        read: reads the settings again, at SIGHUP.
        service: what systemd is told through.

    """
    reload = Reload(read, service)
    reload.listen()

    def build(settings: Settings) -> Callable[[], None]:
        publisher = Publisher(settings, service)
        ready()
        return lambda: publisher.run(stop, reload)

    serve(settings, build, reload, stop)
    service.stopping()
