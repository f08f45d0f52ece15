"""Says that the other side of the door is away, once it is away for longer than a restart takes."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

_RESTART_SECONDS = 10.0


class Absence:
    """Follows the attempts to connect to one socket."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._since: float | None = None
        self._logged = False

    def failed(self, error: OSError, waiting: int) -> None:
        """Take note of an attempt that failed while `waiting` records wait; log the absence once."""
        now = self._monotonic()
        if self._since is None:
            self._since = now
        if now - self._since < _RESTART_SECONDS or self._logged:
            return
        self._logged = True
        reason = "the socket was deleted" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        log.warning(
            "%s: no publisher can be reached there for %d s (%s), records wait here (%d now); start or restart the "
            "publisher",
            self._path,
            now - self._since,
            reason,
            waiting,
        )

    def over(self) -> None:
        """Take note of a connection."""
        if self._logged:
            log.info("%s: the publisher can be reached again", self._path)
        self._since, self._logged = None, False
