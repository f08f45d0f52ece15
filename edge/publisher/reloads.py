"""The publisher over all reloads: what each one builds anew, and what outlives it."""

import logging
import threading
from collections.abc import Callable

from edge.config import Settings
from edge.errors import EdgeError, RecordsLost
from edge.mqtt.credentials import read_secrets
from edge.publisher.metrics import library
from edge.publisher.publisher import Publisher
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.state.last_exit import Reason
from edge.system.configuration import Configuration
from edge.system.identity import device_id
from edge.system.paths import state_directory
from edge.system.records_lost import note_loss
from edge.system.reload import EARLIER, Reload, serve

log = logging.getLogger(__name__)

_LOADING_SECONDS = 180.0
"""Time for the start: milliseconds, more on a disk that takes seconds for each write."""


def publish(
    settings: Settings,
    configuration: Configuration,
    reload: Reload,
    stop: threading.Event,
    ready: Callable[[], None],
) -> None:
    """Run the publisher until `stop` is set.

    Args:
        settings: the first settings.
        configuration: from which they come.
        reload: reads the settings again, at SIGHUP.
        stop: set by a signal.
        ready: called when everything local has proved usable, at the start and after each reload.

    Raises:
        EdgeError: something local cannot be used.
        RecordsLost: at the end, the disk took nothing, and no observer holds what waits for the broker.

    """
    configuration.check = _check
    builder = _Builder(configuration, reload, stop, ready)
    serve(settings, builder.build, reload, stop, configuration.substitute)
    reload.service.stopping()


class _Builder:
    """Builds a publisher for the first settings and for those of each reload."""

    def __init__(
        self, configuration: Configuration, reload: Reload, stop: threading.Event, ready: Callable[[], None]
    ) -> None:
        self._configuration = configuration
        self._reload = reload
        self._stop = stop
        self._ready = ready
        self._last_exit: Reason | None = None
        self._in_memory: list[QueuedRecord] = []

    def build(self, settings: Settings) -> Callable[[], None]:
        """Acquire everything local; return what runs until a stop or a reload.

        Raises:
            EdgeError: something local cannot be used.

        """
        service = self._reload.service
        service.loading("state directory", _LOADING_SECONDS)
        try:
            publisher = Publisher(settings, service, self._configuration, self._last_exit)
        except EdgeError:
            self._configuration.unusable = settings
            raise
        publisher.adopt(self._in_memory)
        self._last_exit = publisher.last_exit
        self._configuration.use(settings)
        service.remark = EARLIER if self._configuration.is_refused else ""
        self._ready()
        return lambda: self._run(publisher, settings)

    def _run(self, publisher: Publisher, settings: Settings) -> None:
        publisher.run(self._stop, self._reload)
        self._in_memory = publisher.in_memory
        if not (self._stop.is_set() and self._in_memory):
            return
        if publisher.is_alone:
            raise _lost(settings, len(self._in_memory))
        log.warning(
            "the disk took none of %d closed records; the observer hands in again those that it has made, and those of "
            "an observer before it are lost",
            len(self._in_memory),
        )


def _lost(settings: Settings, count: int) -> RecordsLost:
    """Note that records are lost, and return the error that says so."""
    directory = state_directory(settings)
    note_loss(directory)
    problem = f"takes nothing, so {count} closed records that the broker has not acknowledged are lost"
    return RecordsLost(directory / "spool.sqlite", problem, "make room, or look at the disk; see the lines before")


def _check(settings: Settings) -> None:
    """Check of new settings what can be checked beside the ones in use: where they fail, both processes stay.

    Raises:
        EdgeError: a certificate, key, password or library is missing, or the device would have no lasting id.

    """
    read_secrets(settings.mqtt)
    device_id(settings)
    if settings.metrics.address is not None:
        library()
