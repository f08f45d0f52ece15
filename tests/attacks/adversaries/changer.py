"""One known person changes their look between two records; the adversary asks to what."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.leaver import evidence
from tests.attacks.adversaries.people import Device, draw, looks


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case in which one person changes between two intervals, and others as often as they do."""
    device = Device(generator)
    before = looks(draw(size, generator), changes, generator)
    people = before[-1].copy()
    people[0] = draw(1, generator)[0]
    return Case(int(people[0]), evidence(device.publish(before), device.publish(looks(people, changes, generator))))
