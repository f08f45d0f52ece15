"""Someone is known to leave between two records; the adversary asks what they showed."""

import numpy as np

from edge.contract.records import Counted, Disclosed
from tests.attacks.adversaries.guess import Case, Evidence
from tests.attacks.adversaries.people import LABELS, Device, Looks, change, count, draw, looks


def attack(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case with the published records."""
    device = Device(generator)
    before, after = _intervals(size, changes, generator)
    return Case(int(before[-1, 0]), evidence(device.publish(before), device.publish(after)))


def exact(size: int, changes: float, generator: np.random.Generator) -> Case:
    """Return a case with the counts before disclosure control, to compare with."""
    before, after = _intervals(size, changes, generator)
    return Case(int(before[-1, 0]), evidence(count(before), count(after)))


def evidence(before: Disclosed | Counted, after: Disclosed | Counted) -> Evidence:
    """Return for each emotion by how much it grew, and whether the other emotions changed too."""
    grown = change(before, after)
    if grown is None:
        return None
    fallen = int((grown < -0.4).sum())
    return [(round(float(grown[label]) * 2), min(fallen, 4)) for label in range(len(LABELS))]


def _intervals(size: int, changes: float, generator: np.random.Generator) -> tuple[Looks, Looks]:
    before = looks(draw(size, generator), changes, generator)
    return before, looks(before[-1, 1:], changes, generator)
