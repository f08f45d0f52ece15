"""Someone who is not in the room names the emotion of one of the group, from one record."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, Device, cells, draw, looks


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which the answer is what one of `size` people shows at the end of the interval."""
    shown = looks(draw(size, generator), changes, generator)
    record = cells(Device(generator).publish(shown))
    evidence = None if record is None else [round(float(record[label]) * 2) for label in range(len(LABELS))]
    return Case(int(shown[-1, 0]), evidence)
