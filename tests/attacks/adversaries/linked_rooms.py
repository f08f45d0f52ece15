"""Someone is known to walk from one room with a device to another; the adversary asks what they showed."""

import numpy as np

from tests.attacks.adversaries.guess import Case
from tests.attacks.adversaries.people import LABELS, Device, change, draw, looks


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case with two records of each of two rooms of about `size` people; the walker's look stays."""
    one, other = Device(generator), Device(generator)
    before = looks(draw(size, generator), changes, generator)
    walker = before[-1, :1]
    elsewhere = looks(draw(size - 1, generator), changes, generator)
    arrived = np.hstack([np.tile(walker, (len(before), 1)), looks(elsewhere[-1], changes, generator)])
    left = change(one.publish(before), one.publish(looks(before[-1, 1:], changes, generator)))
    came = change(other.publish(elsewhere), other.publish(arrived))
    if left is None and came is None:
        return Case(int(walker[0]), None)
    nothing = np.zeros(len(LABELS))
    moved = (nothing if came is None else came) - (nothing if left is None else left)
    return Case(int(walker[0]), [round(float(people) * 2) for people in moved])
