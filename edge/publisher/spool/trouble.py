"""What is wrong with the disk under the spool, and when it is tried again."""

import errno
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from edge.system.backoff import Backoff

log = logging.getLogger(__name__)

_RETRY_CAP_SECONDS = 300.0


def is_full(error: Exception) -> bool:
    """Whether a disk has no room for what was to be written."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


class Trouble:
    """Logs the begin and the end of a time in which the disk cannot be used."""

    def __init__(self, path: Path, memory_limit: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin without trouble.

        Args:
            path: of the spool, for the log.
            memory_limit: records that are kept without a disk, for the log.
            monotonic: seconds of a clock that never steps.

        """
        self._path = path
        self._memory_limit = memory_limit
        self._monotonic = monotonic
        self._backoff = Backoff(_RETRY_CAP_SECONDS)
        self._retry_at = 0.0
        self._since = 0.0
        self.problem = ""
        """What is wrong; empty while the disk is usable."""
        self.is_full = False
        """Whether it has no room: then what is there can still be read."""

    @property
    def is_held(self) -> bool:
        """Whether the disk is left alone for now."""
        return self._monotonic() < self._retry_at

    @property
    def seconds(self) -> float:
        """For how long the disk cannot be used."""
        return self._monotonic() - self._since if self.problem else 0.0

    def begin(self, error: Exception) -> None:
        """Note a failure; leave the disk alone for a while."""
        reason = str(getattr(error, "strerror", None) or error)
        if not self.problem:
            self._since = self._monotonic()
            log.warning(
                "spool %s: %s; records are kept in memory only (at most %d) until it is usable",
                self._path,
                reason,
                self._memory_limit,
            )
        self.problem = reason
        self.is_full = is_full(error)
        self._retry_at = self._monotonic() + self._backoff.next()

    def end(self) -> None:
        """Note that the disk was used."""
        if self.problem:
            log.info("spool %s: usable again", self._path)
            self.problem = ""
            self.is_full = False
            self._backoff.reset()

    def try_now(self) -> None:
        """Let the disk be used, even shortly after a failure."""
        self._retry_at = 0.0
