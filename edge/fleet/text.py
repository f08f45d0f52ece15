"""The report on a terminal."""

from collections.abc import Sequence

from edge.fleet.report import Report, Row
from edge.fleet.troubles import Trouble
from edge.watch.words import clean, seconds

_HEAD = ("SITE", "ROOM", "DEVICE", "STATE", "VERSION", "RECORD", "CAMERA")


def text_of(report: Report) -> str:
    """Return a table, under each device what needs a person there, and a sum."""
    cells = [_cells(row, report) for row in report.rows]
    lines = table(_HEAD, cells, [row.troubles for row in report.rows])
    sums = report.facts()
    lines.append(
        f"{sums['devices']} devices: {sums['need_a_person_now']} need a person now (!), "
        f"{sums['need_a_person_soon']} soon (-)"
    )
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], troubles: Sequence[Sequence[Trouble]]) -> list[str]:
    """Return the lines of a table, and under each row its troubles; `!` marks what is urgent."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row, found in zip((head, *rows), ((), *troubles), strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        lines += [f"    {'!' if one.urgency == 'now' else '-'} {clean_sentence(one.text)}" for one in found]
    return lines


def clean_sentence(text: str) -> str:
    """Return a sentence that holds untrusted words, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _cells(row: Row, report: Report) -> tuple[str, ...]:
    room = row.room
    age = seconds(room.age(report.at))
    return (
        clean(room.place.site),
        clean(room.name),
        clean(room.place.device),
        room.state(),
        clean(room.info.version) if room.info else "",
        f"{age} ago" if age else "",
        room.camera(),
    )
