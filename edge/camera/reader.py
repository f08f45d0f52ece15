"""The observer's end of the camera process: it starts the process, takes frames, and kills it if it hangs."""

import contextlib
import json
import mmap
import os
import select
import signal
import socket
import subprocess
import time
from dataclasses import asdict

import numpy as np

from edge.camera.errors import CameraCrashed, CameraTimeout
from edge.camera.facts import CameraFacts
from edge.camera.ipc import MAX_MESSAGE, NEXT, Failed, Message, decode
from edge.camera.sources.base import Luma, SourceSettings
from edge.system.interpreter import isolated
from edge.system.sensors import resident_kilobytes, seconds_without_processor

_OPEN_SECONDS = 20.0  # a Pi 3 takes several seconds to import and start picamera2
_STOP_SECONDS = 2.0
_KILL_SECONDS = 5.0
"""A process that was killed takes no longer, unless it waits within its driver (state D): that has no end."""
_STARVED = 0.5
"""Share of a wait without a processor from which that is the cause."""
_SHORTEST_WAIT = 0.1
"""Seconds: less proves nothing."""

# The libraries print much about a broken file or a slow camera. We log that ourselves, once and in one line.
_QUIET = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8", "LIBCAMERA_LOG_LEVELS": "*:ERROR"}


class CameraReader:
    """One run of the camera process. It cannot be restarted: after an error, close it and make a new one."""

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._memory = os.memfd_create("frame")
        self._view: mmap.mmap | None = None
        self._asked_at: float | None = None
        self._late_since: tuple[float, float] | None = None
        """When the first wait for the frame was in vain, and how long the process had lacked a processor by then."""
        self._opened = False
        self._is_killed = False
        self._facts: CameraFacts | None = None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                isolated("from edge.camera.child import main; main()", str(theirs.fileno()), str(self._memory)),
                stdin=subprocess.PIPE,
                pass_fds=(theirs.fileno(), self._memory),
                env={**os.environ, **_QUIET},
            )
        finally:
            theirs.close()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(json.dumps(asdict(settings)).encode())

    def frame(self, timeout: float) -> Luma | None:
        """Return the next frame (height, width) uint8, or None after `timeout` seconds without one; then call again.

        The array is a view that the next call overwrites.

        Raises:
            CameraError: the source failed, hangs beyond `stall_seconds`, or its process died.

        """
        deadline = time.monotonic() + timeout
        message = self._receive(timeout)
        if isinstance(message, CameraFacts):
            if self._facts is not None:  # they come once
                raise self._not_understood()
            self._facts = message
            message = self._receive(max(0.0, deadline - time.monotonic()))
        if message is None:
            return None
        if isinstance(message, CameraFacts):
            raise self._not_understood()
        if isinstance(message, Failed):
            raise message.error()
        self._asked_at, self._late_since, self._opened = None, None, True
        size = message.width * message.height
        if size > os.fstat(self._memory).st_size:  # reading beyond it would end this process by SIGBUS
            raise self._not_understood()
        if self._view is None or len(self._view) < size:
            self._view = mmap.mmap(self._memory, size, prot=mmap.PROT_READ)
        return np.frombuffer(self._view, np.uint8, size).reshape(message.height, message.width)

    @property
    def facts(self) -> CameraFacts | None:
        """What the camera said about itself; None before its first frame."""
        return self._facts

    def resident_kilobytes(self) -> int:
        """Return the resident memory of the camera process in kB."""
        return resident_kilobytes(self._process.pid)

    def close(self) -> None:
        """Close the socket; kill the process if it does not end within 2 s. Call it again where that failed.

        Raises:
            CameraTimeout: the process is still there 5 s after it was killed. It gives no frames any more.

        """
        self._control.close()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
        if not self._is_killed and not self._ends_within(_STOP_SECONDS):
            self._process.kill()
            self._is_killed = True
            self._ends_within(_KILL_SECONDS)
        if self._process.poll() is None:
            problem = f"the camera process {self._process.pid} cannot be ended: its driver hangs"
            raise CameraTimeout(self._settings.shown, problem, "unplug the camera, or restart the machine")

    def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def _receive(self, timeout: float) -> Message | None:
        try:
            if self._asked_at is None:
                self._control.send(NEXT)
                self._asked_at = time.monotonic()
            if not select.select([self._control], [], [], timeout)[0]:
                self._check_stall()
                return None
            packet = self._control.recv(MAX_MESSAGE)
        except (BrokenPipeError, ConnectionResetError):
            packet = self._last_words()
        if not packet:
            raise self._crashed()
        try:
            return decode(packet)
        except ValueError as error:
            raise self._not_understood() from error

    def _check_stall(self) -> None:
        assert self._asked_at is not None
        now = time.monotonic()
        without_processor = seconds_without_processor(self._process.pid)
        if self._late_since is None:
            self._late_since = now, without_processor
        allowed = self._settings.stall_seconds if self._opened else max(_OPEN_SECONDS, self._settings.stall_seconds)
        if now - self._asked_at <= allowed:
            return
        what = f"no frame for {allowed:g} s" if self._opened else f"the camera did not start within {allowed:g} s"
        remedy = "check the cable or the address"
        since, before = self._late_since
        if without_processor - before > _STARVED * max(_SHORTEST_WAIT, now - since):
            what += ", as this machine had no processor time for it"
            remedy = "see `top` for what takes it; the cable is not the cause"
        raise CameraTimeout(self._settings.shown, what, remedy)

    def _not_understood(self) -> CameraCrashed:
        problem = "the camera process sent what no camera process sends"
        return CameraCrashed(self._settings.shown, problem, "see the log lines above; install the device again")

    def _last_words(self) -> bytes:
        try:
            return self._control.recv(MAX_MESSAGE)
        except OSError:
            return b""

    def _crashed(self) -> CameraCrashed:
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return CameraCrashed(
                self._settings.shown, "the camera process closed its socket", "see the log lines above"
            )
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return CameraCrashed(self._settings.shown, f"the camera process ended {how}", "see the log lines above")
