"""The times of a lesson without numbers, or without all of them, and why."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy.engine import Row

from edge.hub.lesson.reading import sample_of
from edge.system.clock import iso

MOST_SPANS = 20
"""Of a reason; their seconds are of all."""
_TOGETHER_SECONDS = 1
_ON_THE_WAY_SECONDS = 10
"""From the end of an interval until its record is read at the latest, where nothing is wrong."""
PAUSED = "paused"


class Span(NamedTuple):
    """A time without numbers, or without all of them; seconds since 1970."""

    reason: str
    begin: int
    end: int


def unavailable(rows: Sequence[Row[Any]], since: int, until: int, *, running: bool) -> list[Span]:
    """Return the times without a number, or without emotions, of the records of one device; oldest first.

    Reasons are those of the records, and of times without a record: `missing`, a number is missing within a start of
    the device; `off`, between two starts; `silent`, nothing is known. Records of practice have no reason. While a
    lesson is `running`, `until` is now, and the latest record may still be on its way.
    """
    found = [*_withheld(rows), *_gaps(rows, since, until, running=running)]
    spans = sorted(found, key=lambda span: (span.begin, span.reason))
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is not None and last.reason == span.reason and span.begin - last.end <= _TOGETHER_SECONDS:
            joined[-1] = Span(span.reason, last.begin, span.end)
        else:
            joined.append(span)
    return joined


def facts(spans: Sequence[Span], about_pause: Callable[[Span], tuple[list[str], str | None]]) -> list[dict[str, Any]]:
    """Return one fact for each reason, and for pauses for each who paused.

    Args:
        spans: times without all numbers.
        about_pause: returns the sources of a pause, and who gave the order.

    """
    by_reason: dict[tuple[str, tuple[str, ...], str | None], list[Span]] = {}
    for span in spans:
        by, who = about_pause(span) if span.reason == PAUSED else ([], None)
        by_reason.setdefault((span.reason, tuple(by), who), []).append(span)
    return [
        {
            "code": "untold",
            "reason": reason,
            "seconds": sum(span.end - span.begin for span in found),
            "by": list(by),
            "who": who,
            "spans": [{"from": iso(span.begin), "to": iso(span.end)} for span in found[:MOST_SPANS]],
        }
        for (reason, by, who), found in by_reason.items()
    ]


def _withheld(rows: Sequence[Row[Any]]) -> Iterator[Span]:
    for row in rows:
        if row.practice:
            continue  # no part of a lesson, so nothing of it is withheld
        whole = row.people is not None and (row.mode == "presence" or sample_of(row).emotions is not None)
        if not whole and row.suppressed is not None:
            yield Span(row.suppressed, row.ended - row.seconds, row.ended)


def _gaps(rows: Sequence[Row[Any]], since: int, until: int, *, running: bool) -> Iterator[Span]:
    if not rows:
        yield Span("silent", since, until)
        return
    begin, end = rows[0].ended - rows[0].seconds, rows[-1].ended
    if begin > since:
        yield Span("silent", since, begin)
    for before, after in pairwise(rows):
        start = after.ended - after.seconds
        if start <= before.ended:
            continue
        if before.boot_id != after.boot_id:
            yield Span("off", before.ended, start)
        else:
            yield Span("missing" if after.seq > before.seq + 1 else "silent", before.ended, start)
    if until - end >= rows[-1].seconds + (rows[-1].seconds + _ON_THE_WAY_SECONDS if running else 0):
        yield Span("silent", end, until)
