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
        level = logging.DEBUG if key in self._logged | self._lasting else logging.WARNING
        self._log.log(level, message, *values, extra=extra)
        known = self._lasting if lasting else self._logged
        if len(known) >= _MAX_KEYS:
            known.clear()
        known.add(key)

    def forget(self) -> bool:
        """Log the next failure that is not lasting as a new one; return whether there was any since the last call."""
        anything = bool(self._logged)
        self._logged.clear()
        return anything
