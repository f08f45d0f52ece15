"""What disclosure control costs: the records of simulated lessons against the exact counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract.records import EMOTIONS
from tests.attacks.adversaries.people import Device, Looks, draw, looks

_LESSON = 40
"""Records of a lesson."""


@dataclass(frozen=True)
class Utility:
    """Mean absolute errors, people, of `faces.mean` and of each of `EMOTIONS`; shares of the records.

    Attributes:
        faces: error of `faces.mean`.
        emotions: error of each emotion in records that withhold none.
        banded: share of the records with a near-unanimous group, which publish a bound instead of a count.
        withheld: share of the records without a value.

    """

    faces: float
    emotions: dict[str, float]
    banded: float
    withheld: float

    @property
    def mean(self) -> float:
        """Error of an emotion, on average over the emotions."""
        return float(np.mean(list(self.emotions.values())))

    @property
    def worst(self) -> float:
        """Error of the emotion that it is largest for."""
        return max(self.emotions.values())


def measure(size: int, changes: float, lessons: int, seed: int = 0) -> Utility:
    """Publish lessons of about `size` people, of whom one comes or goes every few records."""
    generator = np.random.default_rng(seed)
    faces, emotions, banded, withheld = [], [], 0, 0
    for _ in range(lessons):
        device, people = Device(generator), draw(size, generator)
        for number in range(_LESSON):
            shown = looks(people, changes, generator)
            record = device.publish(shown)
            if record.faces.mean is None:
                withheld += 1
            else:
                faces.append(abs(record.faces.mean - (shown >= 0).sum(1).mean()))
                if record.suppressed is None:
                    told = [value or 0.0 for _name, value in record.emotions]
                    emotions.append(np.abs(np.array(told) - _exact(shown)))
                banded += record.suppressed is not None
            people = _after(shown[-1], number, size, generator)
    each = dict(zip(EMOTIONS, np.mean(emotions, axis=0).tolist(), strict=True)) if emotions else {}
    return Utility(float(np.mean(faces)), each, banded / (_LESSON * lessons), withheld / (_LESSON * lessons))


def _exact(shown: Looks) -> NDArray[np.float64]:
    """Return (7,) how many people showed each emotion, on average over the frames."""
    return np.array([(shown == emotion).sum() for emotion in range(len(EMOTIONS))]) / len(shown)


def _after(people: Looks, number: int, size: int, generator: np.random.Generator) -> Looks:
    """Let someone leave after every fifth record, and someone else come after the next one."""
    if number % 5 == 3:
        return people[1:]
    return np.append(people, draw(1, generator)) if len(people) < size else people
