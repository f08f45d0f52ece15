"""`emotion-edge run`: starts both processes, restarts one that ended, and ends both together."""

import contextlib
import logging
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from edge.errors import EX_CONFIG, EX_SOFTWARE
from edge.system.backoff import Backoff
from edge.system.interpreter import own_command
from edge.system.kept_file import KEPT_FILE, new_file
from edge.system.running import SUPERVISOR

log = logging.getLogger(__name__)

_READY_SECONDS = 60.0
_STOP_SECONDS = {"observe": 5.0, "publish": 15.0}
_LIVED_SECONDS = 30.0
_RETRY_CAP = 30.0


class _Child:
    """One of the two processes, over all its restarts."""

    def __init__(self, verb: str, arguments: list[str], kept_file: int | None = None) -> None:
        self.verb = verb
        self._arguments = arguments
        self._kept_file = kept_file
        self._backoff = Backoff(_RETRY_CAP)
        self._begun = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def start(self) -> int | None:
        """Start it and wait until it is ready; return its exit code if it ends first."""
        ready_in, ready_out = os.pipe()
        command = own_command(self.verb, *self._arguments, "--ready-fd", str(ready_out))
        # A group of its own: Ctrl-C in a terminal reaches only the supervisor, which ends them in order.
        environment = os.environ | {SUPERVISOR: str(os.getpid())}
        files = [ready_out]
        if self._kept_file is not None:
            environment[KEPT_FILE] = str(self._kept_file)
            files.append(self._kept_file)
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, pass_fds=files, process_group=0, env=environment
        )
        os.close(ready_out)
        self._begun = time.monotonic()
        answered = bool(select.select([ready_in], [], [], _READY_SECONDS)[0])
        ready = answered and bool(os.read(ready_in, 1))
        os.close(ready_in)
        if not answered:
            log.error("%s: not ready within %.0f s; killed, see its lines above", self.verb, _READY_SECONDS)
            self._process.kill()
        return None if ready else self._process.wait()

    def keep_alive(self) -> int | None:
        """Start it again if it ended and the back-off is over; return EX_CONFIG where a new start cannot help."""
        if self._process is None:
            return self.start() if time.monotonic() >= self._not_before else None
        code = self._process.poll()
        if code is None:
            return None
        self._process = None
        if code == EX_CONFIG:
            return code
        if time.monotonic() - self._begun > _LIVED_SECONDS:
            self._backoff.reset()
        wait = self._backoff.next()
        self._not_before = time.monotonic() + wait
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        log.warning("%s: %s; starting it again in %.1f s", self.verb, how, wait)
        return None

    def reload(self) -> None:
        """Let it read the configuration again; one that waits for its next start reads it then."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ask it to end; kill it if it does not."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS[self.verb])
        except subprocess.TimeoutExpired:
            log.warning("%s: did not end when asked; killed", self.verb)
            self._process.kill()
            self._process.wait()
        self._process = None


def run(arguments: list[str], stop: threading.Event, door: str, reload: threading.Event | None = None) -> int:
    """Run observer and publisher until `stop` is set; return the exit code.

    The publisher starts when the observer is ready: no device is online whose model or cascade cannot be used. The
    observer ends first, so that its last record is still published.

    Args:
        arguments: for both (`--config …`).
        stop: set by a signal.
        door: path of the socket between them; empty for one in a temporary folder of its own.
        reload: set when both must read the configuration again.

    """
    with tempfile.TemporaryDirectory(prefix="emotion-edge-") as folder, _file_for_observer() as kept_file:
        arguments = [*arguments, "--door", door or str(Path(folder) / "door.sock")]
        children = [_Child("observe", arguments, kept_file), _Child("publish", arguments)]
        try:
            for child in children:
                if (code := child.start()) is not None:
                    return code if code >= 0 else EX_SOFTWARE
            while not stop.wait(0.2):
                reload_now = reload is not None and reload.is_set()
                if reload is not None and reload_now:
                    reload.clear()
                for child in children:
                    if reload_now:
                        child.reload()
                    if child.keep_alive() == EX_CONFIG:
                        return EX_CONFIG
        finally:
            for child in children:
                child.stop()
    return 0


@contextlib.contextmanager
def _file_for_observer() -> Iterator[int | None]:
    """Open a file that each start of the observer gets, and only it; None where the kernel has none to give."""
    try:
        file = new_file()
    except OSError:
        yield None
        return
    try:
        yield file
    finally:
        os.close(file)
