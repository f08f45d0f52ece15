"""How the run before this one ended, for `info`."""

from pathlib import Path
from typing import Literal

from edge.system.records_lost import forget_loss, is_loss_noted
from edge.system.state_file import read_valid, write_durably

Reason = Literal["clean", "crash or power loss", "records lost", "unknown"]

_RUNNING = "running"
_CLEAN = "clean"
_REASONS: dict[str, Reason] = {_CLEAN: "clean", _RUNNING: "crash or power loss"}


class LastExit:
    """A file in the state directory with one word: `running` while a publisher runs, `clean` after an orderly stop.

    A second file is there if the stop cost closed records: `edge.system.records_lost`.
    """

    def __init__(self, directory: Path, known: Reason | None = None) -> None:
        """Read how the run before this one ended; a run that follows a reload gets what this process has read before.

        A reload ends in order, too: without `known` it would cover a crash, or lost records, with `clean`.
        """
        self._directory = directory
        self._path = directory / "last-exit"
        self.reason: Reason = "records lost" if is_loss_noted(directory) else known or self._read()
        """How the process before this one ended; `unknown` where the file is missing or damaged."""

    def running(self) -> None:
        """Note that a run begins. Call it when nothing can fail any more: a start that fails is not a crash."""
        write_durably(self._path, _RUNNING)
        forget_loss(self._directory)

    def clean(self) -> None:
        """Note that this run ends in order."""
        write_durably(self._path, _CLEAN)

    def _read(self) -> Reason:
        try:
            return _REASONS.get(read_valid(self._path, _REASONS.__contains__), "unknown")
        except OSError:
            return "unknown"
