"""Failures that come again and again are logged once."""

import logging
from collections.abc import Hashable

_MAX_KEYS = 1000
"""More different failures than that are forgotten, so that memory stays bounded."""


class OnceLogger:
    """Logs a failure as a warning when it is new, at debug level when it is repeated."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: set[Hashable] = set()

    def warning(self, key: Hashable, message: str, *values: object, extra: dict[str, str] | None = None) -> None:
        """Log `message` with `values`; `key` says which failures are the same one."""
        self._log.log(logging.DEBUG if key in self._logged else logging.WARNING, message, *values, extra=extra)
        if len(self._logged) >= _MAX_KEYS:
            self._logged.clear()
        self._logged.add(key)

    def forget(self) -> bool:
        """Log the next failure of any kind as a new one; return whether anything was logged since the last call."""
        anything = bool(self._logged)
        self._logged.clear()
        return anything
