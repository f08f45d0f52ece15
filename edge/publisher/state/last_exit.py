"""How the run before this one ended, for `info`."""

import contextlib
from pathlib import Path

_RUNNING = "running"
_CLEAN = "clean"


class LastExit:
    """A one-word file in the state directory; a start that finds `running` follows a crash or a power cut."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "last-exit"
        self.reason = self._read()
        self._write(_RUNNING)

    def clean(self) -> None:
        """Note that this run ends as asked."""
        self._write(_CLEAN)

    def _read(self) -> str:
        try:
            word = self._path.read_text().strip()
        except OSError:
            return "unknown"
        return {_CLEAN: "clean", _RUNNING: "crash or power loss"}.get(word, "unknown")

    def _write(self, word: str) -> None:
        with contextlib.suppress(OSError):  # a read-only card must not keep anything from running
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(word + "\n")
