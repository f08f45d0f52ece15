"""What a full or read-only disk did not take: who reads the file in this process gets it, and it is tried again."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from edge.system.backoff import Backoff
from edge.system.state_file import FORGOTTEN, replace_durably, warn_of_unwritten

log = logging.getLogger(__name__)

_RETRY_CAP_SECONDS = 60.0


class Unwritten:
    """Small files of one process. A reload builds its parts anew, so what they have not written must outlive them.

    For one thread.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Hold nothing yet; `monotonic` returns seconds of a clock that never steps."""
        self._monotonic = monotonic
        self._texts: dict[Path, str] = {}
        self._backoff = Backoff(_RETRY_CAP_SECONDS)
        self._due = 0.0

    def text(self, path: Path) -> str | None:
        """Return what a file should hold, where that is not written yet; None: the file holds it."""
        return self._texts.get(path)

    def write(self, path: Path, text: str, effect: str = FORGOTTEN) -> None:
        """Write a file durably. Where that fails, log a warning with the effect, and let `run_due` try it again."""
        try:
            replace_durably(path, text)
        except OSError as error:
            if path not in self._texts:
                warn_of_unwritten(path, error, effect)
            self._texts[path] = text
            self._due = self._monotonic() + self._backoff.next()
            return
        if self._texts.pop(path, None) is not None:
            log.info("%s: is written now", path)
            self._backoff.reset()

    def run_due(self) -> None:
        """Try again, if it is time."""
        if self._texts and self._monotonic() >= self._due:
            for path, text in list(self._texts.items()):
                self.write(path, text)


UNWRITTEN = Unwritten()
"""Of this process."""
