"""The camera as the observer uses it: it asks for a frame and gets one or none, never an exception or a hang."""

import logging
import time
from collections.abc import Callable
from dataclasses import fields

from edge.camera.errors import CameraError
from edge.camera.facts import CameraFacts
from edge.camera.reader import CameraReader
from edge.camera.sources.base import Luma, SourceSettings
from edge.camera.unsupported import unsupported
from edge.config import CameraSettings
from edge.contract.records import Camera
from edge.system.backoff import Backoff
from edge.system.once import OnceLogger, StateLogger

log = logging.getLogger(__name__)

_STABLE_SECONDS = 30.0
"""A camera that ran so long works; the next failure starts the back-off anew."""


class CameraControl:
    """Keeps a `CameraReader` running: restarts it with back-off, says once what went wrong and once that it is over.

    `ConfigError` at the start, where the password of the camera cannot be read; later, nothing is raised.
    """

    def __init__(
        self,
        settings: CameraSettings,
        reader: Callable[[SourceSettings], CameraReader] = CameraReader,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._settings = settings
        self._source = source_settings(settings)
        self._make_reader = reader
        self._monotonic = monotonic
        self._sleep = sleep
        self._backoff = Backoff(settings.retry_cap_seconds)
        self._reader: CameraReader | None = None
        self._left: CameraReader | None = None
        """One whose process cannot be ended: no other is started while it is there, or they would become many."""
        self._not_before = 0.0
        self._running_since: float | None = None
        self._error: str | None = None
        self._failures = OnceLogger(log)
        self._refusals = OnceLogger(log)
        self._states = StateLogger(log)
        self._restarts = 0
        self._tries = 0
        """Restarts since the camera worked last."""
        self._paused = False

    def start(self) -> None:
        """Start the camera while the caller does something else; the next `frame` would start it, too.

        Raises:
            CameraTimeout: the process of before `close` cannot be ended.

        """
        self._paused = False
        if self._reader is None:
            if self._left is not None:
                self._left.close()
                self._left = None
            self._reader = self._make_reader(self._source)

    def frame(self, timeout: float) -> Luma | None:
        """Return the next frame, or None after at most `timeout` seconds; the array is valid until the next call."""
        self._paused = False
        if self._reader is None:
            wait = self._not_before - self._monotonic()
            if wait > 0:
                self._sleep(min(wait, timeout))
                return None
        try:
            self.start()
            assert self._reader is not None
            luma = self._reader.frame(timeout)
        except CameraError as error:
            self._failed(error)
            return None
        if luma is not None:
            self._record_frame()
        return luma

    def report(self) -> Camera:
        """Return the camera's state for `health`."""
        if self._paused:
            return Camera(state="paused", error=None, restarts=self._restarts)
        if self._running_since is not None:
            return Camera(state="running", error=None, restarts=self._restarts)
        state = "retrying" if self._error else "starting"
        return Camera(state=state, error=self._error, restarts=self._restarts)  # type: ignore[arg-type]

    @property
    def facts(self) -> CameraFacts | None:
        """What the open camera said about itself; None before its first frame, and while it is closed."""
        return self._reader.facts if self._reader else None

    def resident_kilobytes(self) -> int:
        """Resident memory of the camera's process, KiB; 0 while it does not run."""
        return self._reader.resident_kilobytes() if self._reader else 0

    def pause(self) -> None:
        """Close the camera until the next call of `frame`; that call opens it at once, without a back-off."""
        self.close()
        self._paused = True
        self._running_since = self._error = None
        self._failures.forget()
        self._not_before = 0.0
        self._tries = 0

    def close(self) -> None:
        """Stop the camera. A process that cannot be ended is logged and left behind."""
        if error := self._let_go():
            self._failures.warning(error.facts, "%s: %s", type(error).__name__, error)

    def _let_go(self) -> CameraError | None:
        """Stop the camera; return what is wrong where its process cannot be ended."""
        if self._reader is None:
            return None
        reader, self._reader = self._reader, None
        try:
            reader.close()
        except CameraError as error:
            self._left = reader
            return error
        return None

    def _failed(self, error: CameraError) -> None:
        error = self._let_go() or error
        self._restarts += 1
        self._tries += 1
        self._running_since = None
        self._error = type(error).__name__
        wait = self._backoff.next()
        self._not_before = self._monotonic() + wait
        self._failures.warning(error.facts, "%s: %s (next attempt in %.1f s)", self._error, error, wait)

    def _record_frame(self) -> None:
        now = self._monotonic()
        if self._running_since is None:
            self._running_since = now
            for refused in self.facts.refused if self.facts else ():
                self._refusals.warning(refused, "%s does not follow %s", self._settings.shown, refused, lasting=True)
            if self._error:
                restarts = "1 restart" if self._tries == 1 else f"{self._tries} restarts"
                self._states.log(logging.INFO, "camera %s works again after %s", self._settings.shown, restarts)
            self._tries = 0
        elif now - self._running_since > _STABLE_SECONDS:
            self._backoff.reset()
            self._error = None
            self._failures.forget()


def source_settings(settings: CameraSettings) -> SourceSettings:
    """Return the part of the configuration that a source needs.

    Raises:
        ConfigError: `camera.password_file` cannot be used.

    """
    same = settings.model_dump(include={field.name for field in fields(SourceSettings)})
    made = {"source": settings.complete_source(), "shown": settings.shown, "unsupported": unsupported(settings)}
    return SourceSettings(**same | made)
