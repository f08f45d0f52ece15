"""Failures that come again and again are logged once, states that change again and again a few times an hour."""

import logging
import time
from collections.abc import Callable, Hashable

_MAX_KEYS = 1000
"""More different failures than that are forgotten, so that memory stays bounded."""
_MOST = 3
_PERIOD_SECONDS = 3600.0
_LAST = " (this comes again and again: for an hour it is logged at debug level)"


class Often:
    """Counts how often a line is logged: three times an hour."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lines: dict[Hashable, tuple[float, int]] = {}

    def level(self, key: Hashable, level: int) -> tuple[int, str]:
        """Count a line that is to be logged at `level`; return the level at which it may be, and what to add to it."""
        now = self._monotonic()
        since, count = self._lines.get(key, (now, 0))
        if now - since >= _PERIOD_SECONDS:
            since, count = now, 0
        if len(self._lines) >= _MAX_KEYS:
            self._lines.clear()
        self._lines[key] = since, count + 1
        if count >= _MOST:
            return logging.DEBUG, ""
        return level, _LAST if count == _MOST - 1 else ""


class StateLogger:
    """Logs changes of one state, such as the light; a state that flaps fills no log."""

    def __init__(self, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._often = Often(monotonic)

    def log(self, level: int, message: str, *values: object) -> None:
        """Log a change by `message` with `values`; each message three times an hour."""
        allowed, more = self._often.level(message, level)
        self._log.log(allowed, message + more, *values)


class OnceLogger:
    """Logs a failure as a warning when it is new, at debug level when it is repeated.

    A failure that is over (`forget`) and comes again is new. It is logged three times an hour, as many short failures
    in a row have the same cause.
    """

    def __init__(self, log: logging.Logger, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._often = Often(monotonic)
        self._logged: set[Hashable] = set()
        self._lasting: set[Hashable] = set()

    def warning(
        self,
        key: Hashable,
        message: str,
        *values: object,
        extra: dict[str, str] | None = None,
        lasting: bool = False,
    ) -> None:
        """Log `message` with `values`; `key` says which failures are the same one, `forget` keeps a `lasting` one."""
        level, more = logging.DEBUG, ""
        if key not in self._logged | self._lasting:
            level, more = self._often.level(key, logging.WARNING)
        self._log.log(level, message + more, *values, extra=extra)
        known = self._lasting if lasting else self._logged
        if len(known) >= _MAX_KEYS:
            known.clear()
        known.add(key)

    def forget(self) -> bool:
        """Log the next failure that is not lasting as a new one; return whether there was any since the last call."""
        anything = bool(self._logged)
        self._logged.clear()
        return anything
