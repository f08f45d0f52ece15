"""The process that talks: door → disclosure control → spool → broker."""

import contextlib
import logging
import selectors
import threading
import time
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.contract.records import ClosedInterval, Health, Info
from edge.door.gate import Gate, Handled
from edge.door.lengths import Lengths
from edge.door.modes import Modes
from edge.door.packets import Key
from edge.door.server import DoorServer
from edge.pause.remote import RemotePause
from edge.privacy.practice import Practice
from edge.privacy.settings import PrivacyStore
from edge.publisher.event_queue import EventQueue
from edge.publisher.health import PublisherState, build_health, machine_state
from edge.publisher.info import build_info
from edge.publisher.intake import Intake
from edge.publisher.metrics import Metrics
from edge.publisher.model_names import ModelNames
from edge.publisher.observer_state import ObserverState
from edge.publisher.records import Records
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from edge.publisher.state.last_exit import Reason
from edge.publisher.state.run_state import RunState
from edge.publisher.uplink import Uplink
from edge.system.board import board_model
from edge.system.configuration import Configuration
from edge.system.descriptors import Descriptors
from edge.system.identity import device_id
from edge.system.paths import door_path, state_directory
from edge.system.reload import Reload
from edge.system.service import CONNECTED, Service
from edge.system.state_file import files_set_aside
from edge.system.unwritten import UNWRITTEN

log = logging.getLogger(__name__)

RESERVE = 16
"""Descriptors for the spool (4), a state file (2), a connection to a broker (8), an observer (1)."""
_SHORTEST_WAIT = 0.01
"""Seconds: the main loop turns no faster than this when nothing happens."""


class Publisher:
    """The main loop between the door and the broker; owns all that has to be released."""

    def __init__(
        self,
        settings: Settings,
        service: Service,
        configuration: Configuration | None = None,
        last_exit: Reason | None = None,
    ) -> None:
        """Acquire everything local, or release what was acquired and raise; the broker may be absent.

        Args:
            settings: to use.
            service: notifies systemd.
            configuration: from which the settings come, to be kept as the last good one.
            last_exit: how the process before this one ended, where this one has read it before; None at its start.

        Raises:
            EdgeError: a door or port is taken, a certificate is unusable, or the device has no lasting id.

        """
        self._settings = settings
        self._service = service
        directory = state_directory(settings)
        # What no other publisher may use comes first, what other processes can see last: they never see a failed start.
        with contextlib.ExitStack() as resources:
            descriptors = resources.enter_context(contextlib.closing(Descriptors(RESERVE)))
            self._run_state = RunState(directory, settings, configuration, last_exit=last_exit)
            resources.enter_context(contextlib.closing(self._run_state))
            self._device = device_id(settings)
            self._privacy_store = PrivacyStore(directory, settings.privacy, Practice.of(settings))
            self._observer = ObserverState(settings)
            self._records = Records(settings, self._device, directory, self._privacy_store)
            self._selector = resources.enter_context(selectors.DefaultSelector())
            events = resources.enter_context(contextlib.closing(EventQueue()))
            self._spool = resources.enter_context(
                contextlib.closing(Spool(directory, settings.spool, settings.interval_seconds))
            )
            self._uplink = self._open_uplink(events)
            resources.enter_context(contextlib.closing(self._uplink))
            self._intake = self._open_intake(resources, directory, descriptors)
            metrics = Metrics(settings.metrics, self._health, lambda: descriptors.is_scarce)
            resources.enter_context(contextlib.closing(metrics))
            self._selector.register(events.readable, selectors.EVENT_READ, self._woken)
            self._resources = resources.pop_all()

    def _open_uplink(self, events: EventQueue) -> Uplink:
        return Uplink(
            self._settings,
            self._device,
            self._spool,
            self._privacy_store,
            self._observer,
            events,
            switch_pause=self._switch_pause,
            info=self._info,
            health=self._health,
        )

    def _open_intake(self, resources: contextlib.ExitStack, directory: Path, descriptors: Descriptors) -> Intake:
        door = resources.enter_context(contextlib.closing(DoorServer(door_path(self._settings))))
        state = self._run_state
        lengths = Lengths(self._settings.interval_seconds, state.former_intervals(), state.interval_of_file)
        former = state.former_settings()
        models = ModelNames(self._settings, former)
        modes = Modes(self._settings.mode, former.mode if former else None)
        return Intake(
            door,
            Gate(lengths, models.knows, self._records.handled, modes=modes),
            RemotePause(directory),
            self._selector,
            on_record=self._take,
            on_heartbeat=self._observer.take,
            descriptors=descriptors,
        )

    @property
    def last_exit(self) -> Reason:
        """How the process before this one ended."""
        return self._run_state.last_exit

    def run(self, stop: threading.Event, reload: Reload) -> None:
        """Serve until `stop` is set or there are new settings; then release everything.

        Afterwards each record is with the broker, on disk, still with the observer, or in `in_memory`.
        """
        with self._resources:
            reload.may_use = self._may_use
            self._run_state.begin()
            self._service.alive()
            self._uplink.start()
            log.info("publishing as %s", self._uplink.topics.counts.removesuffix("/counts"))
            wait = 0.0
            while not (stop.is_set() or reload.poll()):
                self._run_state.follow(reload)
                for key, _mask in self._selector.select(wait):
                    key.data(key.fileobj)
                self._notice()
                self._release()
                wait = max(_SHORTEST_WAIT, min(self._uplink.run_due(), self._observer.wait, self._records.wait))
                self._acknowledge()
                self._uplink.check()
                self._run_state.run_due()
                UNWRITTEN.run_due()
                self._intake.run_due()
                if self._uplink.healthy:
                    self._service.alive()
                self._service.status(self._summary())
            if stop.is_set():
                self._service.stopping()
            self._run_state.stopping()
            self._release(at_once=True)
            self._uplink.stop()
            self._acknowledge()
            self._records.close(self._intake.handled)
            self._run_state.end()

    def adopt(self, records: list[QueuedRecord]) -> None:
        """Take what the publisher before this one, in the same process, could not bring to disk."""
        self._spool.adopt(records)

    @property
    def in_memory(self) -> list[QueuedRecord]:
        """Records that are neither with the broker nor on disk, oldest first."""
        return self._spool.in_memory

    @property
    def is_alone(self) -> bool:
        """Whether no observer is there, which would hold the records of `in_memory`, too."""
        return not self._intake.is_connected

    def close(self) -> None:
        """Release everything without having run."""
        self._resources.close()

    def _may_use(self, new: Settings) -> bool:
        """Return whether the observer uses new settings, or there is none; let it know that this process is ready."""
        configuration = self._run_state.propose(new)
        return not self._intake.is_connected or self._observer.may_use(configuration)

    def _woken(self, _readable: Any) -> None:  # noqa: ANN401 - a selector's callback
        self._uplink.take_events()

    def _acknowledge(self) -> None:
        self._intake.restore_door()
        self._intake.acknowledge(record.key for record in self._uplink.delivery.take_confirmed())

    def _take(self, record: ClosedInterval, handled: Handled) -> Key:
        self._records.note_due(handled)
        return self._records.take(record, handled)

    def _release(self, *, at_once: bool = False) -> None:
        """Deliver the records that may leave now."""
        for payload, arrival in self._records.leave(at_once=at_once):
            self._uplink.delivery.take(payload, arrival.record.monotonic, arrival.at)

    def _notice(self) -> None:
        """Publish what is new of the observer, and of the configuration."""
        if self._run_state.source_changed():
            self._uplink.publish_info()
        if self._privacy_store.practice_changed():
            self._uplink.publish_info()
            self._uplink.reporter.publish_health()
        if not self._observer.poll() or (heartbeat := self._observer.heartbeat) is None:
            return
        if self._run_state.heard(heartbeat):
            self._intake.agreed()
        self._intake.keep_button(heartbeat.paused_by.button)
        self._uplink.reporter.publish_health()
        self._uplink.publish_info()
        self._uplink.reporter.publish_pause(heartbeat)

    def _switch_pause(self, on: bool) -> None:  # noqa: FBT001 - a switch
        self._intake.switch_pause(on)

    def _summary(self) -> str:
        """Return a line for `systemctl status`."""
        broker = "no broker" if self._uplink.reporter.protocol is None else CONNECTED
        return f"{self._records.summary}, {self._observer.summary}, {broker}, {len(self._spool)} records wait"

    def _info(self) -> Info:
        return build_info(
            self._settings,
            self._device,
            self._privacy_store.in_force,
            configuration=self._run_state.configuration,
            configuration_from=self._run_state.configuration_from,
            heartbeat=self._observer.heartbeat,
            protocol=self._uplink.reporter.protocol,
            last_exit=self._run_state.last_exit,
            board=board_model(),
        )

    def _health(self) -> Health:
        """Return how the device does; the thread of metrics calls this, too."""
        own = PublisherState(
            backlog=self._uplink.delivery.waiting,
            dropped=self._spool.dropped,
            spool="memory" if self._spool.problem else "disk",
            lost=self._spool.lost,
            descriptors_free=self._intake.free_descriptors,
            refused_at_door=self._intake.refused,
            refused_commands=self._uplink.refused_commands,
            connections=self._uplink.connections,
            withheld_messages=self._uplink.withheld_messages,
            without_subscriber=self._uplink.without_subscriber,
            refusals_visible=self._uplink.refusals_visible,
            practice=self._privacy_store.in_force.practice,
            damaged_files=tuple(files_set_aside(state_directory(self._settings))),
        )
        return build_health(self._device, time.time(), self._observer.current, own, machine_state())
