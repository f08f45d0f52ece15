"""Records as text: the same words on the screen and in plain lines."""

from edge.contract.records import EMOTIONS, Health, PublishedRecord
from edge.watch.rooms import TOO_LITTLE_LIGHT, Room

REASONS = {
    "below_min_group": "too few people: withheld",
    "above_max_share": "nearly unanimous: the rest withheld",
    "below_min_cell": "small emotions withheld",
    "paused": "paused",
    "not_observed": "not observed: no frame shows who was there",
}
_LONGEST = 64


def clean(text: str) -> str:
    """Return an untrusted name that is safe for a terminal: control characters are escaped."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:_LONGEST])


def published_values(record: PublishedRecord) -> dict[str, float]:
    """Return the values of a record by emotion, `unsure` and `other`, in people; withheld ones are missing."""
    values = {name: getattr(record.emotions, name) for name in EMOTIONS}
    values |= {"unsure": record.unsure, "other": record.other}
    return {name: value for name, value in values.items() if value is not None}


def remark(record: PublishedRecord) -> str:
    """Return why values are withheld or based on few frames; empty where a record is complete."""
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
    mix = [f"{name} {value:.1f}" for name, value in published_values(record).items() if value]
    note = remark(record)
    return "  ".join(
        [who, *people, *mix, *error, *([f"({note})"] if note else []), *(["late"] if record.replayed else [])]
    )


def health_news(before: Health | None, health: Health) -> str:
    """Return what a device newly publishes of its light and of what its broker does not accept; empty where nothing."""
    news = []
    dark_before = TOO_LITTLE_LIGHT.get(before.light) if before else None
    if (dark := TOO_LITTLE_LIGHT.get(health.light)) != dark_before:
        news.append(dark or ("enough light" if health.light else "light not known"))
    withheld = ", ".join(health.withheld_messages)
    if withheld != (", ".join(before.withheld_messages) if before else ""):
        news.append(
            f"not published, because the broker does not accept it: {withheld}"
            if withheld
            else "the broker accepts all messages"
        )
    return "; ".join(news)


def not_accepted(rooms: list[Room]) -> str:
    """Return what the broker does not accept and from which devices, which do not publish it; empty where nothing."""
    devices: dict[str, list[str]] = {}
    for room in rooms:
        for name in room.health.withheld_messages if room.health else []:
            devices.setdefault(name, []).append(clean(room.place.device))
    messages = [f"{name} ({', '.join(found)})" for name, found in devices.items()]
    return f"Not published, because the broker does not accept it: {'; '.join(messages)}" if messages else ""


def seconds(age: float | None) -> str:
    """Return an age for a person: 12 s, 5 min, 3 h, 2 d; empty for None."""
    if age is None:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if age >= 2 * size:
            return f"{age / size:.0f} {unit}"
    return f"{age:.0f} s"
