"""Someone is known to leave in the middle of a lesson: all records before and after are averaged."""

import numpy as np
from numpy.typing import NDArray

from edge.contract.records import Disclosed
from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, Device, Looks, cells, draw, looks

_RECORDS = 12
"""Before and after: two minutes each at the default interval."""


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which the answer is what the leaver showed most of the time."""
    device = Device(generator)
    before, shown = _records(device, draw(size, generator), changes, generator)
    mostly = int(np.bincount(shown[:, 0], minlength=len(LABELS)).argmax())
    after, _ = _records(device, shown[-1, 1:], changes, generator)
    told = [_mean(before), _mean(after)]
    if told[0] is None or told[1] is None:
        return Case(mostly, None)
    return Case(mostly, [round(float((told[1] - told[0])[label]) * 4) for label in range(len(LABELS))])


def _records(
    device: Device, people: Looks, changes: float, generator: np.random.Generator
) -> tuple[list[Disclosed], Looks]:
    records, all_shown = [], []
    for _ in range(_RECORDS):
        shown = looks(people, changes, generator)
        people = shown[-1]
        records.append(device.publish(shown))
        all_shown.append(shown)
    return records, np.vstack(all_shown)


def _mean(records: list[Disclosed]) -> NDArray[np.float64] | None:
    told = [shown for record in records if (shown := cells(record)) is not None]
    return np.mean(told, axis=0) if told else None
