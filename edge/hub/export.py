"""Records of the history as a file."""

from collections.abc import Iterable
from typing import Any

from edge.contract.records import PublishedRecord
from edge.watch.export import Export


def write_records(records: Iterable[dict[str, Any]], target: str, kind: str) -> int:
    """Write records and return how many; `target` is a file or - for standard output, `kind` csv or jsonl.

    Raises:
        Unavailable: the file cannot be written.

    """
    count = 0
    with Export(target, kind) as export:
        for record in records:
            export.write(PublishedRecord.model_validate(record))
            count += 1
    return count
