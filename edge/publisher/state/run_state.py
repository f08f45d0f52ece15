"""What a publisher notes of its run: how the run before ended, and which configuration is in use."""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from edge.config import Settings
from edge.contract.records import Heartbeat
from edge.publisher.state.keeper import StateKeeper
from edge.publisher.state.last_exit import LastExit, Reason
from edge.system.configuration import Configuration
from edge.system.configuration_hash import configuration_hash, make_configuration_hash
from edge.system.machine import machine_boot
from edge.system.reload import Reload
from edge.system.running import SUPERVISOR, Running, forget_running, write_running

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 120.0
"""And two intervals: the observer ends its interval and loads a model before it uses another configuration."""
Source = Literal["file", "last good"]


class RunState:
    """Files in the state directory; written at the start and the end of a run, and when the observer changes."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        configuration: Configuration | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        last_exit: Reason | None = None,
    ) -> None:
        """Lock the state directory until `close`, and read how the process before this one ended.

        Args:
            directory: the state directory.
            settings: in use.
            configuration: from which they come; it is kept as the last good one when the observer uses it, too.
            monotonic: CLOCK_MONOTONIC in seconds.
            last_exit: how the process before this one ended, where this one has read it before; None at its start.

        Raises:
            Unavailable: another publisher uses the directory.

        """
        self._keeper = StateKeeper(directory)
        forget_running(directory)
        self._directory = directory
        self._configuration = configuration
        self._monotonic = monotonic
        self._patience = _PATIENCE_SECONDS + 2 * settings.interval_seconds
        self._apart_since = 0.0
        self._seen = ""
        self._tried = ""
        self._last_exit = LastExit(directory, last_exit)
        self._reported_from: Source = "file"
        supervisor = int(os.environ.get(SUPERVISOR, "0"))
        self._running = Running(
            publisher=make_configuration_hash(settings), observer="", reload_pid=supervisor or os.getpid()
        )

    @property
    def last_exit(self) -> Reason:
        """How the process before this one ended."""
        return self._last_exit.reason

    @property
    def configuration_from(self) -> Source:
        """Where the configuration of this run comes from."""
        return "last good" if self._configuration is not None and self._configuration.is_refused else "file"

    def source_changed(self) -> bool:
        """Return whether `configuration_from` is another one than at the last call."""
        before, self._reported_from = self._reported_from, self.configuration_from
        return self._reported_from != before

    @property
    def configuration(self) -> str:
        """Hash of the configuration of this run."""
        return self._running.publisher

    def begin(self) -> None:
        """Note that a run begins. Call it when nothing can fail any more: a start that fails is not a crash."""
        self._last_exit.running()
        write_running(self._directory, self._running)

    def former_intervals(self) -> dict[float, float]:
        """Return the lengths of intervals that records of earlier configurations may have, see `Configuration`."""
        configuration = self._configuration
        return configuration.former_intervals(self._directory, machine_boot()) if configuration else {}

    def interval_of_file(self) -> float | None:
        """Return the length of intervals that the file says now, seconds; None where that is not known."""
        settings = self._configuration.settings_of_file() if self._configuration else None
        return settings.interval_seconds if settings else None

    def former_settings(self) -> Settings | None:
        """Return the last good settings, with which records were made that still come; None where there are none."""
        return self._configuration.last_good() if self._configuration else None

    def propose(self, settings: Settings) -> str:
        """Note that this process can use other settings as soon as the observer does; return their hash."""
        ready = make_configuration_hash(settings)
        if ready != self._running.ready:
            self._note(ready=ready)
            if ready != self._running.observer:
                log.info("the new configuration (%s) waits for the observer: both change together", ready)
        return ready

    def heard(self, heartbeat: Heartbeat) -> bool:
        """Note which configuration the observer uses, if that changed; return whether both now use the same one."""
        if heartbeat.configuration == self._running.observer:
            return False
        self._apart_since = self._monotonic()
        self._note(observer=heartbeat.configuration)
        if heartbeat.configuration != self._running.publisher:
            return False
        self._seen = self._tried = ""
        if self._configuration is not None:
            self._configuration.keep(self._directory, machine_boot(), self._monotonic())
        return True

    def follow(self, reload: Reload) -> None:
        """Read the file again where the observer was started with it; go back where it keeps the last good one."""
        if self._running.ready and not reload.is_pending:
            self._note(ready="")  # the file was read again, and cannot be used
        configuration, observer = self._configuration, self._running.observer
        if configuration is None or observer in {"", self._running.publisher, self._running.ready, self._tried}:
            return
        if observer != self._seen:
            self._seen = observer
            if self._is_of_file(configuration, observer):
                self._tried = observer
                reload.ask()
        elif self._monotonic() >= self._apart_since + self._patience:
            self._tried = observer
            former = configuration.substitute()
            if former is not None and make_configuration_hash(former) == observer:
                log.warning("the observer keeps the last good configuration, and the publisher goes back; see its log")
                reload.offer(former)

    @staticmethod
    def _is_of_file(configuration: Configuration, observer: str) -> bool:
        settings = configuration.settings_of_file()
        usable = settings is not None and settings != configuration.unusable  # else it would be tried for ever
        return settings is not None and usable and configuration_hash(settings) == observer

    def _note(self, **changed: str) -> None:
        self._running = self._running.model_copy(update=changed)
        write_running(self._directory, self._running)

    def run_due(self) -> None:
        """Look after the state directory; call it often."""
        self._keeper.run_due()

    def stopping(self) -> None:
        """Look after it once more, before the last files are written."""
        self._keeper.look()

    def end(self) -> None:
        """Note that this run ends in order."""
        self._last_exit.clean()

    def close(self) -> None:
        """Release the state directory."""
        self._keeper.close()
