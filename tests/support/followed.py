"""How well and at what cost a pipeline followed a scene whose number of people is known."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from statistics import mean
from typing import Any

from edge.config import CameraSettings
from tests.support.moving_scenes import Frame

PACE = CameraSettings().frames_per_second
_SETTLED_SECONDS = 10.0
_RIGHT_SECONDS = 2.0
_WARM_UP = 2
"""Frames that are not in the cost, as in `tests.bench.against`."""


@dataclass
class Followed:
    """What one way did on one clip.

    Attributes:
        people: of each frame: how many were seen, those who are only remembered left out.
        truth: of each frame: how many are in view.
        cpu: milliseconds of each frame.
        means: (counted, truth) of each record that has any.
        megabytes: peak of resident memory after each frame.

    """

    people: list[int] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    means: list[tuple[float, float]] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    _counted: list[int] = field(default_factory=list)

    def add(self, frame: Frame, answer: dict[str, Any]) -> None:
        """Take what the pipeline says of a frame."""
        self.people.append(answer["people"])
        self.truth.append(frame.people)
        self.cpu.append(answer["cpu_ms"])
        self.megabytes.append(answer["peak_megabytes"])
        if not answer["dark"]:
            self._counted.append(frame.people)
        if "mean" in answer:
            if answer["mean"] is not None:
                self.means.append((answer["mean"], mean(self._counted)))
            self._counted = []

    @property
    def cost(self) -> float:
        """Mean milliseconds of a frame."""
        return mean(self.cpu[_WARM_UP:])

    @property
    def longest(self) -> float:
        """Cost of the longest frame, relative to the mean frame."""
        return max(self.cpu[_WARM_UP:]) / self.cost

    @property
    def error(self) -> float:
        """Mean absolute error of the records."""
        return mean(abs(counted - truth) for counted, truth in self.means) if self.means else 0.0

    @property
    def growth(self) -> float:
        """Megabytes by which the peak grew after the first seconds."""
        return self.megabytes[-1] - self.megabytes[min(len(self.megabytes), round(_SETTLED_SECONDS * PACE)) - 1]

    def from_start(self) -> list[float]:
        """Return after how many seconds one, two, ... of those were counted who are there from the start."""
        return [self._until(0, many, up=True) for many in range(1, self.truth[0] + 1)]

    def changes(self, *, up: bool) -> list[float]:
        """Return how many seconds after each rise (or fall) of the truth the count had followed."""
        times = []
        for number, (before, after) in enumerate(pairwise(self.truth), 1):
            many = range(before + 1, after + 1) if up else range(after, before)
            times += [self._until(number, one, up=up) for one in many]
        return times

    def _until(self, first: int, many: int, *, up: bool) -> float:
        """Return the seconds from a frame to that in which `many` are counted; infinite where the truth turns."""
        for number, (people, truth) in enumerate(zip(self.people[first:], self.truth[first:], strict=True)):
            if (truth < many) if up else (truth > many):
                return inf
            if (people >= many) if up else (people <= many):
                return number / PACE
        return inf

    def right_again(self, since: float) -> float:
        """Return how many seconds after `since` the count became right within one, for `_RIGHT_SECONDS`."""
        first, right = round(since * PACE), 0
        for number, (people, truth) in enumerate(zip(self.people[first:], self.truth[first:], strict=True), 1):
            right = right + 1 if abs(people - truth) <= 1 else 0
            if right >= _RIGHT_SECONDS * PACE:
                return (number - right) / PACE
        return inf
