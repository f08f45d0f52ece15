"""One of the group asks whether all the others show the same."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, Device, cells, looks

_SAME, _OTHER = LABELS.index("neutral"), LABELS.index("happy")


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which, as often as not, one of the others shows something else from the start.

    The insider shows either, and where looks change, those of the others change too.

    The largest emotion and the other one are all that such a record can tell.
    """
    people = np.full(size, _SAME)
    insider, dissenter = generator.integers(2, size=2)
    people[0] = _OTHER if insider else _SAME
    people[1] = _OTHER if dissenter else _SAME
    intervals = looks(people, changes, generator)
    differs = int((intervals[:, 1:] != _SAME).any())
    record = Device(generator).publish(intervals)
    told = cells(record)
    if told is None:
        return Case(differs, None)
    shown = record.suppressed, int(insider), float(told[_SAME]), float(told[_OTHER])
    return Case(differs, [(answer, *shown) for answer in range(2)])
