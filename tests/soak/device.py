"""A device whose two processes `emotion-edge run` starts, and starts again when a fault has ended them."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.conftest import SECONDS, Mosquitto, until
from tests.faults.road import Road, Witness
from tests.support.daemon import processes

STOP_SECONDS = 300.0
"""For a stop of `run` of which every part takes its longest."""
_VERBS = {"tests.faults.true_observer": "observe", "tests.faults.publisher": "publish"}


class _Child:
    """A process that `run` has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def send_signal(self, number: int, /) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        return None if Path(f"/proc/{self.pid}").exists() else 0

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, seconds: float, /) -> int:
        until(lambda: self.poll() is not None, seconds)
        return 0


class SupervisedRoad(Road):
    """As `Road`; what a fault ends, `run` starts again."""

    def __init__(self, folder: Path, port: int, interval: int, camera: dict[str, Any]) -> None:
        super().__init__(folder, port, interval, camera=camera)
        self._run: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start `run` and wait for both processes."""
        command = [sys.executable, "-m", "tests.soak.run", str(self.interval), str(self.folder), str(self._config)]
        with self.log.open("ab") as log:
            self._run = self._start(command, log)
        self.refresh()

    def children(self) -> dict[str, int]:
        """Return the process ids by name; what is not there now is left out."""
        assert self._run is not None
        found, all_of_them = {"run": self._run.pid}, processes()
        for pid, parent, words in all_of_them:
            if parent == self._run.pid and len(words) > 2 and words[2] in _VERBS:
                found[_VERBS[words[2]]] = pid
        for pid, parent, _words in all_of_them:
            if "observe" in found and parent == found["observe"]:
                found["camera"] = pid
        return found

    def refresh(self) -> None:
        """Wait until both processes are there, and note which they are."""
        self.start_publisher()
        self.start_observer()

    def start_publisher(self, seconds: float = SECONDS) -> None:
        """Wait until `run` has started it and its door is there."""
        self.publisher = _Child(until(lambda: self.children().get("publish"), seconds))
        until((self.folder / "door.sock").exists, seconds)

    def start_observer(self, backlog: int = 0) -> None:
        """Wait until `run` has started it."""
        del backlog
        self.observer = _Child(until(lambda: self.children().get("observe")))

    def back(self, broker: Mosquitto, witness: Witness) -> None:
        self.start_publisher()  # one that starts meanwhile would not be held back
        super().back(broker, witness)

    def reload(self) -> None:
        assert self._run is not None
        self._run.send_signal(signal.SIGHUP)

    def end_observer(self) -> None:
        """End `run`, which ends both in order.

        Raises:
            AssertionError: it said by its exit code that something is lost.

        """
        assert self._run is not None
        self._run.send_signal(signal.SIGTERM)
        assert self._run.wait(STOP_SECONDS) == 0
        self.observer = self.publisher = None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._run is not None
        if self._run.poll() is None:
            self._run.send_signal(signal.SIGTERM)
            try:
                self._run.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._run.kill()  # its children end with it
                self._run.wait(SECONDS)
