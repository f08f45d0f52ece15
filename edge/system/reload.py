"""SIGHUP: read the configuration again; a bad file never stops a running device."""

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
    """Waits for SIGHUP; the loop looks in, and ends at its next good moment when there are new settings."""

    def __init__(self, read: Callable[[], Settings], service: Service) -> None:
        self._read = read
        self._service = service
        self._asked = False
        self._new: Settings | None = None

    def listen(self) -> None:
        """Let SIGHUP ask; to be called in the main thread."""
        signal.signal(signal.SIGHUP, self.ask)

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the configuration to be read again."""
        self._asked = True

    @property
    def due(self) -> bool:
        """Whether new settings wait to be taken; reads the file where that was asked for."""
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
    """Build and run with `settings`, and again with new ones after a reload, until stopped.

    Args:
        settings: what to begin with; where they cannot be used the error is raised.
        build: acquires everything and returns what runs it until a stop or a reload, and then releases it. Settings
            from a reload that it refuses (`EdgeError`) leave the former ones in use.
        reload: gives new settings.
        stop: set where the end was asked for.

    """
    run = build(settings)
    while True:
        run()
        if stop.is_set():
            return
        former, settings = settings, reload.take(settings)
        try:
            run = build(settings)
        except EdgeError as error:
            log.error("%s", error)  # noqa: TRY400 - for a person
            log.warning("the configuration in use stays, as the new one cannot be used")
            settings = former
            run = build(settings)
