"""Records as lines of CSV or JSON, for files and for other programs."""

import csv
import json
import re
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
    "emotions_error",
    "practice",
)
"""Of the CSV; a new one goes to the end. Times are UTC and the device's own; what is withheld, and an error that is not
known, is an empty cell, never 0."""

_LONGEST_HEADING = 10_000
_FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\s\x00]*[=+@\uff1d\uff0b\uff0d\uff20-])")
"""Where a cell may begin that a spreadsheet computes. Where the decimal separator is a comma, `;` separates cells, also
inside quotation marks; the last characters are the wide forms of = + - @."""


def values_of(record: PublishedRecord) -> list[Any]:
    """Return the values of `COLUMNS`."""
    return [
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
        record.replayed,
        record.emotions_error,
        record.practice,
    ]


def as_row(record: PublishedRecord) -> list[Any]:
    """Return the values of `COLUMNS` as cells of a CSV.

    Spreadsheets compute a cell that begins with = + - or @; an apostrophe before it makes it text.
    """
    return [_cell(value) for value in values_of(record)]


def _cell(value: Any) -> Any:  # noqa: ANN401 - of any column
    if isinstance(value, bool):
        return "true" if value else "false"
    return _FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


class Export:
    """Writes records to a file, or to standard output for `-`; whole lines, on disk at once."""

    def __init__(self, target: str, kind: str) -> None:
        """Open `target` to append to it; `kind` is csv or jsonl.

        Raises:
            Unavailable: the file cannot be written, or is a CSV of other columns.

        """
        self.target = target
        self._kind = kind
        self._file: IO[str] = sys.stdout
        if target != "-":
            try:
                self._file = Path(target).open("a", encoding="utf-8", newline="")  # noqa: SIM115 - closed in __exit__
                if kind == "csv" and self._file.tell() > 0:
                    self._check_columns()
            except OSError as error:
                raise self._unwritable(error) from error
        self._csv = csv.writer(self._file, lineterminator="\n")
        if kind == "csv" and (target == "-" or self._file.tell() == 0):
            self._guarded(lambda: self._csv.writerow(COLUMNS))

    def _check_columns(self) -> None:
        """Refuse to append rows under the heading of others, such as that of an earlier release."""
        with Path(self.target).open("rb") as file:
            heading = file.readline(_LONGEST_HEADING)
        if heading.rstrip() != ",".join(COLUMNS).encode():
            self._file.close()
            raise Unavailable(self.target, "has other columns than this release writes", "name a new file")

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
