"""Records as text: the same words on the screen and in plain lines."""

from edge.contract.records import EMOTIONS, Health, PublishedRecord
from edge.watch.rooms import TOO_LITTLE_LIGHT, Room, hindrance_of

REASONS = {
    "below_min_group": "too few people: withheld",
    "above_max_share": "nearly unanimous: the rest withheld",
    "below_min_cell": "small emotions withheld",
    "paused": "paused",
    "not_observed": "not observed: no frame shows who was there",
}
_LONGEST = 64
_FEW_DESCRIPTORS = 20
"""With fewer the publisher refuses new clients, so that records still leave."""


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
    remarks = ["practice: no lesson"] if record.practice else []
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
    """Return what is new since `before` in a device's health that a person may have to act on; empty for nothing."""
    found = (_picture_news, _acceptance_news, _loss_news, _subscriber_news, _descriptor_news, _refusal_news)
    return "; ".join(news for each in found if (news := each(before, health)))


def _picture_news(before: Health | None, health: Health) -> str:
    hindered_before = hindrance_of(before) if before else ""
    if (hindered := hindrance_of(health)) == hindered_before:
        return ""
    if hindered:
        return hindered
    if hindered_before in TOO_LITTLE_LIGHT.values():
        return "enough light" if health.light else "light not known"
    return "good picture" if health.picture else "picture not known"


def _acceptance_news(before: Health | None, health: Health) -> str:
    withheld = ", ".join(health.withheld_messages)
    if withheld == (", ".join(before.withheld_messages) if before else ""):
        return ""
    if withheld:
        return f"not published, because the broker does not accept it: {withheld}"
    return "the broker accepts all messages"


def _loss_news(before: Health | None, health: Health) -> str:
    lost = lost_records(health)
    if lost <= (lost_records(before) if before else 0):
        return ""
    causes = ", ".join(one.cause for one in health.lost)
    return f"stored records lost since its start: {lost} ({causes}); look at its log and its card"


def _subscriber_news(before: Health | None, health: Health) -> str:
    if health.without_subscriber <= (before.without_subscriber if before else 0):
        return ""
    count = health.without_subscriber
    return f"records that the broker took while nobody had subscribed to them: {count}; look at the data store"


def _descriptor_news(before: Health | None, health: Health) -> str:
    few = has_few_descriptors(health)
    if few == (before is not None and has_few_descriptors(before)):
        return ""
    if few:
        return f"files that it may still open: {health.descriptors_free}; look at its log for what opens them"
    return "it may open enough files"


def _refusal_news(before: Health | None, health: Health) -> str:
    if health.refusals_visible is False and (before is None or before.refusals_visible is not False):
        return "the broker does not report what it refuses; check its access list"
    return ""


def attention(rooms: list[Room]) -> list[str]:
    """Return a line for each kind of trouble that a person must act on, with the devices that have it."""
    known = [(clean(room.place.device), room.health) for room in rooms if room.health]
    lost = [f"{device} ({lost_records(health)})" for device, health in known if lost_records(health)]
    unread = [f"{device} ({health.without_subscriber})" for device, health in known if health.without_subscriber]
    few = [f"{device} ({health.descriptors_free})" for device, health in known if has_few_descriptors(health)]
    kinds = (
        (_not_accepted(known), "Not published, because the broker does not accept it"),
        (lost, "Stored records lost since the start of the device"),
        (unread, "Records that the broker took while nobody had subscribed to them"),
        (few, "Few files that the device may still open"),
    )
    return [f"{title}: {', '.join(devices)}" for devices, title in kinds if devices]


def _not_accepted(known: list[tuple[str, Health]]) -> list[str]:
    devices: dict[str, list[str]] = {}
    for device, health in known:
        for name in health.withheld_messages:
            devices.setdefault(name, []).append(device)
    messages = [f"{name} ({', '.join(found)})" for name, found in devices.items()]
    return ["; ".join(messages)] if messages else []


def lost_records(health: Health) -> int:
    """Return how many stored records were lost since the device started."""
    return sum(one.records for one in health.lost)


def has_few_descriptors(health: Health) -> bool:
    """Return whether the publisher may open only few files more."""
    return health.descriptors_free is not None and health.descriptors_free < _FEW_DESCRIPTORS


def seconds(age: float | None) -> str:
    """Return an age for a person: 12 s, 5 min, 3 h, 2 d; empty for None."""
    if age is None:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if age >= 2 * size:
            return f"{age / size:.0f} {unit}"
    return f"{age:.0f} s"
