"""What an observer under test writes down for `Road`: which records it handed in, and how many wait."""

from pathlib import Path


class Notes:
    """The files `closed` and `waiting` in a folder."""

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
            (self._folder / "waiting.new").write_text(str(records))
            (self._folder / "waiting.new").replace(self._folder / "waiting")
            self._said = records
