"""Records as lines of CSV or JSON, for files and for other programs."""

import csv
import json
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from edge.contract.records import EMOTIONS, PublishedRecord
from edge.errors import Unavailable

_NAMES = ("device", "site", "room", "boot", "seq", "start", "end", "clock", "mode")
COLUMNS = (
    *_NAMES,
    "frames_analysed",
    "frames_expected",
    "faces_mean",
    "faces_max",
    *EMOTIONS,
    "unsure",
    "other",
    "suppressed",
    "model",
    "replayed",
)
"""Of the CSV. Times are UTC and the device's own; what is withheld is an empty cell, never 0."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_row(record: PublishedRecord) -> list[Any]:
    """Return the values of `COLUMNS`.

    Spreadsheets compute a cell that begins with = + - or @; an apostrophe before it makes it text again.
    """
    values = [
        *(getattr(record, name) for name in _NAMES),
        record.frames.analysed,
        record.frames.expected,
        record.faces.mean,
        record.faces.max,
        *(getattr(record.emotions, name) for name in EMOTIONS),
        record.unsure,
        record.other,
        record.suppressed,
        record.model,
        "true" if record.replayed else "false",
    ]
    return [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value for value in values]


class Export:
    """Writes records to a file, or to standard output for `-`; whole lines, on disk at once."""

    def __init__(self, target: str, kind: str) -> None:
        """Open `target` to append to it; `kind` is csv or jsonl.

        Raises:
            Unavailable: the file cannot be written.

        """
        self.target = target
        self._kind = kind
        self._file: IO[str] = sys.stdout
        if target != "-":
            try:
                self._file = Path(target).open("a", encoding="utf-8", newline="")  # noqa: SIM115 - closed in __exit__
            except OSError as error:
                raise self._unwritable(error) from error
        self._csv = csv.writer(self._file, lineterminator="\n")
        if kind == "csv" and (target == "-" or self._file.tell() == 0):
            self._guarded(lambda: self._csv.writerow(COLUMNS))

    def write(self, record: PublishedRecord) -> None:
        """Write a record; raise Unavailable where the disk is full or the reader has gone."""
        if self._kind == "csv":
            self._guarded(lambda: self._csv.writerow(as_row(record)))
        else:
            line = json.dumps(record.model_dump(by_alias=True), separators=(",", ":"))
            self._guarded(lambda: self._file.write(line + "\n"))

    def _guarded(self, write: Any) -> None:  # noqa: ANN401 - whatever the writer returns
        try:
            write()
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> Unavailable:
        return Unavailable(self.target, f"cannot be written ({error.strerror})", "name a file that this user may write")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not sys.stdout:
            self._file.close()
