"""Records of the history as a file."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from edge.contract.records import PublishedRecord


class Writer(Protocol):
    """Writes one record after the other: `edge.watch.export.Export` and `edge.hub.store.parquet.ParquetExport`."""

    def write(self, record: PublishedRecord) -> None:
        """Write a record; raise Unavailable where that is not possible."""


def write_records(records: Iterable[dict[str, Any]], into: AbstractContextManager[Writer]) -> int:
    """Write records and return how many.

    Raises:
        Unavailable: the file cannot be written.

    """
    count = 0
    with into as writer:
        for record in records:
            writer.write(PublishedRecord.model_validate(record))
            count += 1
    return count
