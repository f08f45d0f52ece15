"""A crowd for most of an interval, then one person alone."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import FRAMES, LABELS, Device, cells, draw, looks

_CROWD = 0.6


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which all but one of `size` people leave after most of the interval."""
    people = draw(size, generator)
    shown = looks(people, changes, generator)
    shown[round(_CROWD * FRAMES) :, 1:] = -1
    record = cells(Device(generator).publish(shown))
    evidence = None if record is None else [round(float(record[label]), 1) for label in range(len(LABELS))]
    return Case(int(people[0]), evidence)
