"""Someone is in view for 7 of 20 frames; the adversary asks what they show."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, Device, cells, draw, in_view, looks

_FRAMES, _IN_VIEW = 20, 7


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which a passer-by joins `size` people for a part of an interval."""
    people = draw(size + 1, generator)
    shown = looks(people, changes, generator, _FRAMES)
    first = int(generator.integers(_FRAMES - _IN_VIEW + 1))
    shown[:, 0] = people[0]
    record = cells(Device(generator).publish(in_view(shown, 0, range(first, first + _IN_VIEW))))
    if record is None:
        return Case(int(people[0]), None)
    fractions = [round(float(record[label]) % 1, 1) for label in range(len(LABELS))]
    return Case(int(people[0]), list(zip(fractions, np.minimum(record, 3).astype(int).tolist(), strict=True)))
