"""What is said of a record, in words: the same on the screen and in plain lines."""

from edge.contract.records import EMOTIONS, PublishedRecord

REASONS = {
    "below_min_group": "too few people: withheld",
    "above_max_share": "nearly unanimous: the rest withheld",
    "below_min_cell": "small emotions withheld",
    "paused": "paused",
    "not_observed": "not observed: no frame was analysed",
}
_LONGEST = 64


def clean(text: str) -> str:
    """Return a name that a stranger chose, without what would steer a terminal: such characters are spelt out."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:_LONGEST])


def told(record: PublishedRecord) -> dict[str, float]:
    """Return what a record tells of the people in view, by emotion, `unsure` and `other`; withheld ones are missing."""
    values = {name: getattr(record.emotions, name) for name in EMOTIONS}
    values |= {"unsure": record.unsure, "other": record.other}
    return {name: value for name, value in values.items() if value is not None}


def remark(record: PublishedRecord) -> str:
    """Return why values are withheld or thin; empty where a record is whole."""
    remarks = []
    if record.suppressed:
        remarks.append(REASONS[record.suppressed])
    elif record.mode == "presence":
        remarks.append("people alone (presence)")
    frames = record.frames
    if 0 < frames.analysed < frames.expected / 2:
        remarks.append(f"thin: {frames.analysed} of {frames.expected} frames")
    return ", ".join(remarks)


def line(record: PublishedRecord) -> str:
    """Return a record as a line of plain text."""
    who = f"{record.end} {clean(record.site)}/{clean(record.room)} {clean(record.device)}"
    faces = record.faces
    people = [] if faces.mean is None else [f"people {faces.mean:.1f}"]
    people += [] if faces.max is None else [f"max {faces.max}"]
    error = [] if record.emotions_error is None else [f"may be wrong {record.emotions_error:.1f}"]
    mix = [f"{name} {value:.1f}" for name, value in told(record).items() if value]
    note = remark(record)
    return "  ".join(
        [who, *people, *mix, *error, *([f"({note})"] if note else []), *(["late"] if record.replayed else [])]
    )


def seconds(age: float | None) -> str:
    """Return an age for a person: 12 s, 5 min, 3 h, 2 d; empty for None."""
    if age is None:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if age >= 2 * size:
            return f"{age / size:.0f} {unit}"
    return f"{age:.0f} s"
