"""SIGHUP: read the configuration again. A file that cannot be used never stops a running device."""

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from edge.config import Settings
from edge.errors import ConfigError, EdgeError
from edge.system.service import Service

log = logging.getLogger(__name__)

EARLIER = "an earlier configuration is in use, see the log"


class Reload:
    """Notes a SIGHUP. The main loop polls it, and ends at its next good moment when there are new settings."""

    def __init__(self, read: Callable[[], Settings], service: Service) -> None:
        self._read = read
        self.service = service
        self._asked = False
        self._new: Settings | None = None
        self.may_use: Callable[[Settings], bool] = lambda _new: True
        """Asked at each poll while there are new settings: whether the other process uses or will use them, too."""
        self.follow: Callable[[], None] = lambda: None
        """Called by a main loop now and then: asks for a reload where the other process uses another configuration."""

    def listen(self) -> None:
        """Let SIGHUP ask for a reload; call it in the main thread, before anything that takes time."""
        signal.signal(signal.SIGHUP, self.ask)

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the configuration to be read again."""
        self._asked = True

    @property
    def is_pending(self) -> bool:
        """Whether there are new settings that are not in use yet."""
        return self._new is not None

    def offer(self, settings: Settings) -> None:
        """Let other settings than those of the file be used: both processes go back to them."""
        self._new = settings

    def poll(self) -> bool:
        """Read the file if that was asked for; return whether there are new settings to use now.

        A file that cannot be used is logged, and the settings in use stay.
        """
        if self._asked:
            self._asked = False
            self.service.reloading()
            try:
                self._new = self._read()
                log.info("the configuration was read again")
            except EdgeError as error:
                self._new = None  # what an earlier reload has read, and nobody used yet, is not in the file any more
                self.stay(error, "the file")
            self.service.ready()
        return self._new is not None and self.may_use(self._new)

    def take(self, current: Settings) -> Settings:
        """Return the new settings, or the current ones where there are none."""
        new, self._new = self._new, None
        return new or current

    def stay(self, error: EdgeError, what: str) -> None:
        """Log that the settings in use stay, and why; `what` cannot be used."""
        for line in error.lines():
            log.error("%s", line)
        self.service.remark = EARLIER
        log.warning("the configuration in use stays, as %s cannot be used", what)


def serve(
    settings: Settings,
    build: Callable[[Settings], Callable[[], None]],
    reload: Reload,
    stop: threading.Event,
    substitute: Callable[[], Settings | None] = lambda: None,
) -> None:
    """Build and run with `settings`, and again with new ones after each reload, until `stop` is set.

    Args:
        settings: the first settings.
        build: acquires all resources, or releases those that it has and raises; returns a function that runs until a
            stop or a reload and then releases them. New settings that `build` refuses (`EdgeError`) are logged, and
            the former ones are built again.
        reload: gives new settings.
        stop: set where the end was asked for.
        substitute: gives settings that may stand in for the first ones, where `build` refuses those as wrong.

    Raises:
        EdgeError: the first settings cannot be used, and none may stand in for them; or neither new nor former ones.

    """
    run, settings = _first(settings, build, substitute)
    while True:
        run()
        if stop.is_set():
            return
        del run  # it holds all that was built: two models at once would fill a small device
        run, settings = _rebuild(reload, settings, build)


_Built = tuple[Callable[[], None], Settings]


def _first(
    settings: Settings,
    build: Callable[[Settings], Callable[[], None]],
    substitute: Callable[[], Settings | None],
) -> _Built:
    """Build the first settings, or the last good ones where a file that the first ones name is missing or damaged."""
    try:
        return build(settings), settings
    except ConfigError as error:  # whatever else may pass by itself: the process is started again
        former = substitute()
        if former is None or former == settings:
            raise
        for line in error.lines():
            log.error("%s", line)  # noqa: TRY400 - for a person
        log.warning("the last good configuration is used, as the one of the file cannot be used")
    return build(former), former


def _rebuild(reload: Reload, former: Settings, build: Callable[[Settings], Callable[[], None]]) -> _Built:
    new = reload.take(former)
    try:
        run = build(new)
    except EdgeError as error:
        reload.stay(error, "the new one")
    else:
        log.info("the new configuration is in use")
        return run, new
    # Outside of `except`: there, the traceback would still hold what the failed attempt had made.
    return build(former), former
