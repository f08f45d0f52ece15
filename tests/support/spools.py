"""Records in a spool."""

from typing import Any

from edge.publisher.spool.spool import Spool


def payload(seq: int, text: str = "", clock: str = "synced") -> dict[str, Any]:
    """Return a record as the spool keeps it."""
    return {"boot": "6f1c2a9e", "seq": seq, "text": text, "clock": clock}


def fill(spool: Spool, seqs: range, **more: Any) -> None:
    """Add a record for each number, ten seconds apart."""
    for seq in seqs:
        spool.add(payload(seq, **more), 1000.0 + 10 * seq)


def every(spool: Spool) -> list[int]:
    """Return the numbers of all records, in the order in which they are sent."""
    found: list[int] = []
    last = 0
    while batch := spool.after(last):
        found += [record.seq for record in batch]
        last = batch[-1].number
    return found
