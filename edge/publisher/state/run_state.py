"""What a publisher notes of its run: how the run before ended, and which configuration is in use."""

import os
import time
from pathlib import Path
from typing import Literal

from edge.config import Settings
from edge.contract.records import Heartbeat
from edge.publisher.spool.queued_record import machine_boot
from edge.publisher.state.last_exit import LastExit, Reason
from edge.system.configuration import Configuration
from edge.system.configuration_hash import make_configuration_hash
from edge.system.running import SUPERVISOR, Running, write_running

Source = Literal["file", "last good"]


class RunState:
    """Files in the state directory; written at the start and the end of a run, and when the observer changes."""

    def __init__(self, directory: Path, settings: Settings, configuration: Configuration | None = None) -> None:
        """Read how the run before ended.

        Args:
            directory: the state directory.
            settings: in use.
            configuration: from which they come; it is kept as the last good one when the observer uses it, too.

        """
        self._directory = directory
        self._configuration = configuration
        self._last_exit = LastExit(directory)
        self._reported_from: Source = "file"
        supervisor = int(os.environ.get(SUPERVISOR, "0"))
        self._running = Running(
            publisher=make_configuration_hash(settings), observer="", reload_pid=supervisor or os.getpid()
        )

    @property
    def last_exit(self) -> Reason:
        """How the run before this one ended."""
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

    def heard(self, heartbeat: Heartbeat) -> None:
        """Note which configuration the observer uses, if that changed."""
        if heartbeat.configuration != self._running.observer:
            self._running = self._running.model_copy(update={"observer": heartbeat.configuration})
            write_running(self._directory, self._running)
            if self._configuration is not None and heartbeat.configuration == self._running.publisher:
                self._configuration.keep(self._directory, machine_boot(), time.monotonic())

    def end(self) -> None:
        """Note that this run ends in order."""
        self._last_exit.clean()
