"""Made-up lessons: people who show something look by look, counted, and disclosed by the code that a device runs."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.contract.records import EMOTIONS, Counted, Disclosed, Emotions, Faces, Frames, Observations, PrivacyNote
from edge.counting.rounding import shares_to_tenths
from edge.counting.uncertainty import people_in_error
from edge.privacy.disclosure import DisclosureControl

RECORDS = 270
"""Of 45 minutes."""
LENGTH = 10
"""Seconds of an interval."""
LOOKS = 5
"""In an interval."""
MIX = np.array((0.03, 0.01, 0.03, 0.25, 0.08, 0.04, 0.5, 0.06))
"""How often the seven emotions and unsure are shown, in a class at work; as `edge.simulation.room`."""
PRIVACY = PrivacyNote(min_group=5, max_share=0.9, min_cell=0.0)
SIZES, SHARES = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0), (0.9953, 0.4999, 0.3924, 0.2362, 0.1597, 0.1305)
"""Error of groups, as measured for the shipped model `standard`."""
_HAPPY, _UNSURE = EMOTIONS.index("happy"), len(EMOTIONS)
_NEVER_SEEN = Observations(**dict.fromkeys((*EMOTIONS, "unsure"), 0))
_FRAMES = Frames(analysed=LOOKS, expected=LOOKS)
_THROUGHOUT = 0.8
_BOUT = 3.0
"""Looks that a momentary look lasts on average: six seconds."""

Nature = Literal["home", "wander"]
"""home: each person has a look of their own, and momentary ones. wander: whoever changes keeps the new look."""


@dataclass(frozen=True)
class Kind:
    """What happens in a lesson.

    Attributes:
        people: who belong to the class.
        changes: share of the people who change what they show in an interval.
        nature: whether they go back to a look of their own.
        leave: how often in a lesson someone leaves for one to five minutes.
        changed: number of people of the change, 0: none.
        what: they leave, or they smile.
        seconds: length of the change.

    """

    people: int
    changes: float
    nature: Nature = "home"
    leave: int = 0
    changed: int = 0
    what: Literal["leave", "smile"] = "leave"
    seconds: int = 180


@dataclass(frozen=True)
class Lesson:
    """Records of a lesson, and when the change began: index of the record; None: there is none."""

    records: list[Disclosed]
    change: int | None


def lessons(kind: Kind, number: int, generator: np.random.Generator) -> list[Lesson]:
    """Return so many lessons."""
    shown = _looks(kind, number, generator)
    _leave(shown, kind, generator)
    length = kind.seconds // LENGTH
    begins = generator.integers(30, RECORDS - 30 - length, number) if kind.changed else [None] * number
    for lesson, begin in zip(shown, begins, strict=True):
        if begin is not None:
            _change(lesson, kind, int(begin), length, generator)
    return [
        Lesson(disclosed(lesson, generator.bytes(32)), None if begin is None else int(begin))
        for lesson, begin in zip(shown, begins, strict=True)
    ]


def _looks(kind: Kind, number: int, generator: np.random.Generator) -> NDArray[np.int8]:
    """Return (lessons, records, looks, people) what each shows, as an index; `_UNSURE` where nothing is sure."""
    size = (number, kind.people)
    rate = 1 - (1 - kind.changes) ** (1 / LOOKS)
    home = generator.choice(len(MIX), size, p=MIX)
    now = home.copy()
    shown = np.empty((RECORDS * LOOKS, *size), np.int8)
    for look in shown:
        new = generator.random(size) < rate
        if kind.nature == "home":
            back = generator.random(size) < 1 / _BOUT
            now = np.where(back, home, now)
        now = np.where(new, generator.choice(len(MIX), size, p=MIX), now)
        look[:] = now
    return np.moveaxis(shown.reshape(RECORDS, LOOKS, *size), 2, 0)


def _leave(shown: NDArray[np.int8], kind: Kind, generator: np.random.Generator) -> None:
    """Let single people leave for one to five minutes; -1: not in view."""
    for lesson in shown.reshape(len(shown), RECORDS * LOOKS, kind.people):
        for _ in range(kind.leave):
            begin, length = generator.integers(RECORDS * LOOKS), generator.integers(30, 150)
            lesson[begin : begin + length, generator.integers(kind.people)] = -1


def _change(lesson: NDArray[np.int8], kind: Kind, begin: int, length: int, generator: np.random.Generator) -> None:
    if kind.what == "leave":
        lesson[begin : begin + length, :, generator.choice(kind.people, kind.changed, replace=False)] = -1
        return
    smiling = (lesson[max(0, begin - 18) : begin] == _HAPPY).mean((0, 1))
    who = np.argsort(smiling + generator.random(kind.people) * 0.01)[: kind.changed]
    part = lesson[begin : begin + length]
    part[:, :, who] = np.where(part[:, :, who] >= 0, _HAPPY, -1)


def disclosed(lesson: NDArray[np.int8], key: bytes) -> list[Disclosed]:
    """Return what a device publishes of (records, looks, people)."""
    control = DisclosureControl(key=key)
    control.disclose(counted(np.arange(LOOKS * 8, dtype=np.int8).reshape(1, LOOKS, 8) % 8)[0], PRIVACY)
    return [control.disclose(each, PRIVACY) for each in counted(lesson)]


def error_of(record: Disclosed) -> float | None:
    """Return `emotions_error` of a record."""
    return None if record.faces.mean is None else people_in_error(record.faces.mean, SIZES, SHARES)


def counted(lesson: NDArray[np.int8]) -> list[Counted]:
    """Return what `edge.counting.interval` counts of (records, looks, people), without an object for each look.

    A test compares both.
    """
    seen = lesson >= 0
    looks = lesson.shape[1]
    there = seen.any(1)
    frames = np.where(there, looks - seen[:, ::-1].argmax(1) - seen.argmax(1), 0)  # from the first to the last
    throughout = frames >= _THROUGHOUT * looks
    weight = (frames * throughout).sum(1) / np.maximum(1, throughout.sum(1)) / looks
    labels = np.stack([(lesson == label).sum(1) for label in range(_UNSURE)], 1) / np.maximum(1, seen.sum(1))[:, None]
    shown = weight[:, None] * (labels * throughout[:, None]).sum(2)
    people = frames.sum(1) / looks
    each = np.sort(seen.sum(2), 1)
    unsure = np.maximum(0.0, people - shown.sum(1))
    return [
        _counts(*row)
        for row in zip(
            shown.tolist(), unsure.tolist(), each[:, -1].tolist(), each[:, looks // 10].tolist(), strict=True
        )
    ]


def _counts(shown: list[float], unsure: float, most: int, steady: int) -> Counted:
    tenths = shares_to_tenths(dict(zip(EMOTIONS, shown, strict=True)) | {"unsure": unsure})
    total = round(sum(tenths.values()), 1)
    rest = tenths.pop("unsure")
    return Counted.model_construct(
        mode="emotions",
        frames=_FRAMES,
        faces=Faces.model_construct(mean=total, max=max(most, math.ceil(total))),
        steady=steady,
        unsure=rest,
        emotions=Emotions.model_construct(None, **tenths),
        observations=_NEVER_SEEN,
    )
