"""Records for tests."""

import math
from typing import Any

from edge.contract.records import EMOTIONS, ClosedInterval, Counted, Disclosed, IntervalRecord


def counts(people: float = 6.0, *, unsure: float = 0.0, analysed: int = 10, **emotions: float) -> Counted:
    """Return consistent counts; what is not named is neutral."""
    values = dict.fromkeys(EMOTIONS, 0.0) | emotions
    values["neutral"] = round(people - unsure - sum(emotions.values()), 1)
    return Counted.model_validate(
        {
            "frames": {"analysed": analysed, "expected": 10},
            "faces": {"mean": people, "max": math.ceil(people)},
            "steady": math.floor(people),
            "emotions": values,
            "unsure": unsure,
            "observations": {name: round(value * analysed) for name, value in {**values, "unsure": unsure}.items()},
        }
    )


def closed(seq: int = 0, monotonic: float = 1000.0, boot: str = "6f1c2a9e", **more: Any) -> ClosedInterval:
    """Return a record as it crosses the door."""
    values = record(seq, monotonic, boot, **more).model_dump(exclude={"start", "end", "clock"})
    return ClosedInterval.model_validate(values)


def record(seq: int = 0, monotonic: float = 1000.0, boot: str = "6f1c2a9e", **more: Any) -> IntervalRecord:
    """Return a record with its name and times."""
    values = {
        "boot": boot,
        "seq": seq,
        "start": "2026-11-22T09:05:00Z",
        "end": "2026-11-22T09:05:10Z",
        "monotonic": monotonic,
        "clock": "synced",
        "model": "emotion-edge-standard-1 (sha256 0123456789ab)",
    }
    return IntervalRecord.model_validate(counts().model_dump() | values | more)


def values(disclosed: Disclosed) -> list[Any]:
    """Return every face, emotion and observation value."""
    return [
        *disclosed.faces.model_dump().values(),
        *disclosed.emotions.model_dump().values(),
        *disclosed.observations.model_dump().values(),
        disclosed.unsure,
        disclosed.other,
    ]
