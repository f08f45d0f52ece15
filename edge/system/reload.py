"""SIGHUP: read the configuration again. A file that cannot be used never stops a running device."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from edge.config import Settings
from edge.errors import EdgeError
from edge.system.service import Service

log = logging.getLogger(__name__)


class Reload:
    """Notes a SIGHUP. The main loop polls it, and ends at its next good moment when there are new settings."""

    def __init__(self, read: Callable[[], Settings], service: Service) -> None:
        self._read = read
        self._service = service
        self._asked = False
        self._new: Settings | None = None

    def listen(self) -> None:
        """Let SIGHUP ask for a reload; call it in the main thread."""
        signal.signal(signal.SIGHUP, self.ask)

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the configuration to be read again."""
        self._asked = True

    def poll(self) -> bool:
        """Read the file if that was asked for; return whether there are new settings to use.

        A file that cannot be used is logged, and the settings in use stay.
        """
        if self._asked:
            self._asked = False
            self._service.reloading()
            try:
                self._new = self._read()
                log.info("the configuration was read again and is taken up")
            except EdgeError as error:
                for line in error.lines():
                    log.error("%s", line)  # noqa: TRY400 - for a person
                log.warning("the configuration in use stays, as the file cannot be used")
            self._service.ready()
        return self._new is not None

    def take(self, current: Settings) -> Settings:
        """Return the new settings, or the current ones where there are none."""
        new, self._new = self._new, None
        return new or current


def serve(
    settings: Settings,
    build: Callable[[Settings], Callable[[], None]],
    reload: Reload,
    stop: threading.Event,
) -> None:
    """Build and run with `settings`, and again with new ones after each reload, until `stop` is set.

    Args:
        settings: the first settings.
        build: acquires all resources, or releases those that it has and raises; returns a function that runs until a
            stop or a reload and then releases them. New settings that `build` refuses (`EdgeError`) are logged, and
            the former ones are built again.
        reload: gives new settings.
        stop: set where the end was asked for.

    Raises:
        EdgeError: the first settings cannot be used, or neither the new nor the former ones.

    """
    run = build(settings)
    while True:
        run()
        if stop.is_set():
            return
        run, settings = _rebuild(reload.take(settings), settings, build)


def _rebuild(
    new: Settings, former: Settings, build: Callable[[Settings], Callable[[], None]]
) -> tuple[Callable[[], None], Settings]:
    try:
        return build(new), new
    except EdgeError as error:
        log.error("%s", error)  # noqa: TRY400 - for a person
        log.warning("the configuration in use stays, as the new one cannot be used")
    # Outside of `except`: there, the traceback would still hold what the failed attempt had made.
    return build(former), former
