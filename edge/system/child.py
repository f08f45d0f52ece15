"""One of the two processes of `emotion-edge run`, over all its restarts."""

import contextlib
import logging
import math
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from edge.errors import EX_CONFIG
from edge.system.backoff import Backoff
from edge.system.descriptors import Descriptors
from edge.system.interpreter import own_command
from edge.system.kept_file import KEPT_FILE
from edge.system.notifications import Notifications
from edge.system.running import SUPERVISOR

log = logging.getLogger(__name__)

READY_SECONDS = 60.0
"""Time for a start; a child may ask for more, as it does of systemd."""
WATCHDOG_SECONDS = 60.0
"""Longest silence of a child that is ready: `WatchdogSec=` of the units."""
_LIVED_SECONDS = 30.0
_RETRY_CAP = 30.0
_MICROSECONDS = 1e6


class Child:
    """Starts a process, watches over it, and starts it again when it ended or hangs."""

    def __init__(
        self, verb: str, arguments: list[str], folder: Path, descriptors: Descriptors, kept_file: int | None = None
    ) -> None:
        """Prepare.

        Args:
            verb: the command, `observe` or `publish`.
            arguments: of the command.
            folder: where the socket for its notifications is made.
            descriptors: a reserve for its starts.
            kept_file: an open file that each start gets, see `edge.system.kept_file`.

        """
        self.verb = verb
        self.is_hopeless = False
        """Whether it ended so that a new start cannot help."""
        self.is_handing_over = False
        """Whether it notified that it is ending: the observer then hands over what it holds."""
        self._arguments = arguments
        self._descriptors = descriptors
        self._kept_file = kept_file
        self._backoff = Backoff(_RETRY_CAP)
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: int | None = None
        """While it starts: where it says that it is ready."""
        self._begun = 0.0
        self._not_before = 0.0
        self._alive_at = 0.0
        self._allowed = READY_SECONDS
        self._notifications: Notifications | None = None
        try:
            self._notifications = Notifications(folder / f"notify-{verb}")
        except OSError as error:
            log.warning("%s: cannot be watched (%s), so it is not restarted if it hangs", verb, error.strerror)

    @property
    def runs(self) -> bool:
        """Whether there is a process, ready or not, whose end `poll` has not returned yet."""
        return self._process is not None

    @property
    def silent_seconds(self) -> float:
        """Seconds since it last notified that it does its work; 0 where it cannot be watched."""
        return time.monotonic() - self._alive_at if self._notifications else 0.0

    @property
    def is_ready(self) -> bool:
        """Whether there is a process that said that it is ready."""
        return self._process is not None and self._ready is None

    def launch(self) -> None:
        """Start it; `poll` says when it is ready, or has ended."""
        self._ready, theirs = os.pipe()
        # A group of its own: Ctrl-C in a terminal reaches only the supervisor, which ends them in order.
        environment = os.environ | {SUPERVISOR: str(os.getpid())}
        files = [theirs]
        if self._notifications is not None:
            environment["NOTIFY_SOCKET"] = str(self._notifications.path)
            environment["WATCHDOG_USEC"] = str(round(WATCHDOG_SECONDS * _MICROSECONDS))
            list(self._notifications.take())  # what an earlier process left
        if self._kept_file is not None:
            environment[KEPT_FILE] = str(self._kept_file)
            files.append(self._kept_file)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                own_command(self.verb, *self._arguments, "--ready-fd", str(theirs)),
                pass_fds=files,
                process_group=0,
                env=environment,
            )
        finally:
            os.close(theirs)
        self._begun = self._alive_at = time.monotonic()
        self._allowed = READY_SECONDS
        self.is_handing_over = False

    def poll(self) -> int | None:
        """Take in what it notified, kill it if it was silent for too long; return its exit code once it has ended."""
        assert self._process is not None
        now = time.monotonic()
        # First, as a child that is ready may ask for a longer watchdog in the same moment.
        self._take_ready(now)
        for name, value in self._notifications.take() if self._notifications else ():
            self._notified(name, value, now)
        code = self._process.poll()
        if code is not None:
            self._process = None
            self._close_ready()
        elif now - self._alive_at > self._allowed:
            self._kill_silent(now)
        return code

    def keep_alive(self) -> int | None:
        """Start it again if it ended and the back-off is over; return EX_CONFIG where a new start cannot help."""
        if self._process is None:
            if time.monotonic() >= self._not_before and not self.is_hopeless:
                self._launch_again()
            return None
        code = self.poll()
        if code is None:
            return None
        if code == EX_CONFIG:
            self.is_hopeless = True
            return code
        if time.monotonic() - self._begun > _LIVED_SECONDS:
            self._backoff.reset()
        wait = self._backoff.next()
        self._not_before = time.monotonic() + wait
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        log.warning("%s: %s; starting it again in %.1f s", self.verb, how, wait)
        return None

    def _launch_again(self) -> None:
        try:
            with self._descriptors.lent():
                self.launch()
        except OSError as error:  # no descriptor, process or memory is free
            self._close_ready()
            wait = self._backoff.next()
            self._not_before = time.monotonic() + wait
            log.warning("%s: cannot be started (%s); next attempt in %.1f s", self.verb, error.strerror, wait)

    def hasten(self) -> None:
        """Let the next call of `keep_alive` start it without a back-off."""
        self._not_before = 0.0

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing where there is no process."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def close(self) -> None:
        """Kill it if it is still there, and release what belongs to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self._close_ready()
        if self._notifications is not None:
            self._notifications.close()

    def _take_ready(self, now: float) -> None:
        if self._ready is not None and select.select([self._ready], [], [], 0)[0] and os.read(self._ready, 1):
            self._alive_at, self._allowed = now, WATCHDOG_SECONDS
            self._close_ready()

    def _close_ready(self) -> None:
        if self._ready is not None:
            os.close(self._ready)
            self._ready = None

    def _kill_silent(self, now: float) -> None:
        assert self._process is not None
        if self._ready is not None:
            log.error("%s: not ready within %.0f s; killed, see its lines above", self.verb, now - self._begun)
        elif self._notifications is not None:
            log.error("%s: hangs, no sign of life for %.0f s; killed", self.verb, now - self._alive_at)
        else:
            return  # it cannot be watched
        self._process.kill()

    def _notified(self, name: str, value: str, now: float) -> None:
        seconds = int(value) / _MICROSECONDS if value.isdecimal() else 0.0
        match name:
            case "WATCHDOG":
                self._alive_at = now
            case "WATCHDOG_USEC":
                self._allowed = max(WATCHDOG_SECONDS, seconds)
            case "EXTEND_TIMEOUT_USEC" if self._ready is not None:
                self._alive_at, self._allowed = now, max(READY_SECONDS, seconds)
            case "STOPPING":  # how long the end may take is the supervisor's to say
                self._allowed, self.is_handing_over = math.inf, True
