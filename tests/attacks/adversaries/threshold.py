"""The last person that a group needs comes back while the device restarts."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, PRIVACY, Device, cells, draw, looks


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which a person returns to a group that is too small without them, right after a restart.

    The group has the smallest size whatever `size` is: larger ones have no such switch.
    """
    del size
    people = draw(PRIVACY.min_group, generator)
    record = cells(Device(generator, publishes=False).publish(looks(people, changes, generator)))
    evidence = None if record is None else [round(float(record[label]) * 2) for label in range(len(LABELS))]
    return Case(int(people[0]), evidence)
