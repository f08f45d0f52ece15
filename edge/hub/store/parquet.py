"""Records as a Parquet file, which says of each column what it means and how wrong its number may be."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from pyarrow import parquet

from edge.contract.reading import moment
from edge.contract.records import PublishedRecord
from edge.errors import Unavailable
from edge.hub.store.dictionary import DICTIONARY, Column
from edge.watch.export import values_of

_ROW_GROUP = 50_000
"""Records that are in memory at a time."""
_TYPES = {
    "text": pa.string(),
    "count": pa.int64(),
    "people": pa.float64(),
    "time": pa.timestamp("ms", tz="UTC"),
    "truth": pa.bool_(),
}
_TIMES = [column.kind == "time" for column in DICTIONARY]


class ParquetExport:
    """Writes records to a new file; it can be read once the `with` has ended."""

    def __init__(self, target: str) -> None:
        """Open `target`.

        Raises:
            Unavailable: the file cannot be written.

        """
        self.target = target
        self._schema = pa.schema([_field(column) for column in DICTIONARY])
        self._rows: list[list[Any]] = []
        try:
            self._writer = parquet.ParquetWriter(Path(target), self._schema, compression="zstd")
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, record: PublishedRecord) -> None:
        """Write a record; raise Unavailable where the disk is full."""
        values = values_of(record)
        self._rows.append([moment(value) if time else value for value, time in zip(values, _TIMES, strict=True)])
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else ([] for _ in DICTIONARY)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._rows = []
        try:
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> Unavailable:
        reason = error.strerror or str(error).splitlines()[0][:200]
        return Unavailable(self.target, f"cannot be written ({reason})", "free space, name a file of this user")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        try:
            self._writer.close()
        except OSError as error:
            raise self._unwritable(error) from error


def _field(column: Column) -> Any:  # noqa: ANN401 - pyarrow's
    explained = {"unit": column.unit, "description": column.meaning, "error": column.error}
    return pa.field(column.name, _TYPES[column.kind], metadata=explained)
