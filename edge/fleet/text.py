"""The report on a terminal."""

from edge.fleet.report import Report, Row
from edge.watch.words import clean, seconds

_HEAD = ("SITE", "ROOM", "DEVICE", "STATE", "VERSION", "RECORD", "CAMERA")


def text_of(report: Report) -> str:
    """Return a table, under each device what needs a person there, and a sum."""
    cells = [_HEAD, *(_cells(row, report) for row in report.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    lines = []
    for number, row in enumerate(cells):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number:
            found = report.rows[number - 1].troubles
            lines += [f"    {'!' if one.urgency == 'now' else '-'} {clean_sentence(one.text)}" for one in found]
    sums = report.facts()
    lines.append(
        f"{sums['devices']} devices: {sums['need_a_person_now']} need a person now (!), "
        f"{sums['need_a_person_soon']} soon (-)"
    )
    return "\n".join(lines)


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
