"""Simulated people in front of a camera, counted and disclosed by the code that a device runs."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.contract.records import EMOTIONS, Counted, Disclosed, PrivacyNote
from edge.counting.interval import IntervalCounter, Person
from edge.privacy.disclosure import DisclosureControl

LABELS = (*EMOTIONS, "unsure")
MIX = np.array((0.10, 0.05, 0.10, 0.30, 0.10, 0.05, 0.25, 0.05))
"""How often each of `LABELS` is shown. The more even the mix, the more a record can add to a guess."""
FRAMES = 5
"""Looks in an interval; a device takes about eight, and a look that changes does so at one of them."""
PRIVACY = PrivacyNote(min_group=5, max_share=0.9, min_cell=0.0)
"""The default settings."""
_UNSURE_BELOW = 0.4
_TORN = tuple([1 / len(EMOTIONS)] * len(EMOTIONS))
_ENOUGH = 2
"""People beyond the smallest group, in the interval before those that an adversary reads."""

Looks = NDArray[np.int64]
"""(frames, people) index in `LABELS` of what each person shows in each frame; -1 where someone is not in view."""


def draw(people: int, generator: np.random.Generator) -> Looks:
    """Return (people,) what each shows at first."""
    return generator.choice(len(LABELS), people, p=MIX)


def looks(before: Looks, changes: float, generator: np.random.Generator, frames: int = FRAMES) -> Looks:
    """Return (frames, people) what people show in the next interval.

    Args:
        before: (people,) what they showed at the end of the interval before.
        changes: share of the people who change their look in an interval, each once, to one drawn from `MIX`.
        generator: of the random numbers.
        frames: of the interval.

    """
    shown = np.tile(before, (frames, 1))
    for person in np.flatnonzero(generator.random(len(before)) < changes):
        shown[generator.integers(frames) :, person] = generator.choice(len(LABELS), p=MIX)
    return shown


def count(shown: Looks) -> Counted:
    """Return the counts of an interval."""
    counter = IntervalCounter(_UNSURE_BELOW)
    for frame in shown:
        counter.add([_person(track, int(look)) for track, look in enumerate(frame) if look >= 0])
    return counter.close(len(shown))


class Device:
    """Disclosure control of one device that has been publishing for a while."""

    def __init__(self, generator: np.random.Generator, *, publishes: bool = True) -> None:
        """Start; with `publishes` the interval before had more than enough people."""
        self._control = DisclosureControl(key=generator.bytes(32))
        if publishes:
            self._control.disclose(_before(), PRIVACY)

    def publish(self, shown: Looks) -> Disclosed:
        """Return the record of the next interval."""
        return self._control.disclose(count(shown), PRIVACY)


def cells(record: Disclosed | Counted) -> NDArray[np.float64] | None:
    """Return (8,) people for each of `LABELS`, 0 for null; None where the record has no number of people."""
    if record.faces.mean is None:
        return None
    values = [*record.emotions.model_dump().values(), record.unsure]
    return np.array([value or 0.0 for value in values])


def change(before: Disclosed | Counted, after: Disclosed | Counted) -> NDArray[np.float64] | None:
    """Return (8,) by how much each cell grew; None where one of the two records tells nothing."""
    first, second = cells(before), cells(after)
    return None if first is None or second is None else second - first


@functools.cache
def _before() -> Counted:
    """Return an interval with more people than the smallest group needs."""
    return count(np.arange(PRIVACY.min_group + _ENOUGH)[None] % len(LABELS))


@functools.cache
def _person(track: int, look: int) -> Person:
    if look == len(EMOTIONS):
        return Person(track, _TORN)
    return Person(track, tuple(0.94 if emotion == look else 0.01 for emotion in range(len(EMOTIONS))))


def in_view(shown: Looks, person: int, frames: Sequence[int]) -> Looks:
    """Return the looks of an interval in which a person is in view in some frames only."""
    seen = shown.copy()
    seen[[frame for frame in range(len(shown)) if frame not in frames], person] = -1
    return seen
