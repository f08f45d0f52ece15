"""What a publisher notes of its run: how the run before ended, and which configuration is in use."""

import os
from pathlib import Path

from edge.config import Settings
from edge.contract.records import Heartbeat
from edge.publisher.state.keeper import StateKeeper
from edge.publisher.state.last_exit import LastExit, Reason
from edge.system.configuration_hash import make_configuration_hash
from edge.system.running import SUPERVISOR, Running, forget_running, write_running


class RunState:
    """Files in the state directory; written at the start and the end of a run, and when the observer changes."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        """Lock the state directory until `close`.

        Raises:
            Unavailable: another publisher uses it.

        """
        self._keeper = StateKeeper(directory)
        forget_running(directory)
        self._directory = directory
        self._last_exit = LastExit(directory)
        supervisor = int(os.environ.get(SUPERVISOR, "0"))
        self._running = Running(
            publisher=make_configuration_hash(settings), observer="", reload_pid=supervisor or os.getpid()
        )

    @property
    def last_exit(self) -> Reason:
        """How the run before this one ended."""
        return self._last_exit.reason

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
