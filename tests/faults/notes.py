"""What an observer under test writes down for `Road`: records handed in, and how many wait."""

from pathlib import Path


class Notes:
    """The files `closed`, `waiting` and `between_scans` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closed = (folder / "closed").open("a")
        self._said = -1

    def closed(self, boot: str, seq: int) -> None:
        """Note a record that was handed in, so that a test knows what must arrive; call `waiting` before."""
        self._closed.write(f"{boot} {seq}\n")
        self._closed.flush()

    def waiting(self, records: int) -> None:
        """Note how many records are not acknowledged."""
        if records != self._said or not (self._folder / "waiting").exists():
            self._write("waiting", str(records))
            self._said = records

    def between_scans(self, seconds: float) -> None:
        """Note the time between two searches for faces."""
        self._write("between_scans", str(seconds))

    def _write(self, name: str, text: str) -> None:
        (self._folder / f"{name}.new").write_text(text)
        (self._folder / f"{name}.new").replace(self._folder / name)
