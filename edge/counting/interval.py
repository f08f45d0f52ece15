"""What a count is: people per interval from the people in each analysed frame."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.contract.records import EMOTIONS, Counts, Emotions, Faces, Frames, Mode, Observations
from edge.counting.prevalence import Reference, estimate
from edge.counting.rounding import shares_to_tenths


@dataclass(frozen=True)
class Person:
    """Someone in view in one frame.

    Attributes:
        track: id that ties the frames of an interval together.
        probabilities: of the seven emotions, or None where the person is only remembered; of none in presence mode.
        frames: how many frames this adds to those in which the person was in view, this one included. 0 while only
            remembered, and made up for when seen again; negative where earlier frames were counted too many.

    """

    track: int
    probabilities: Sequence[float] | None
    frames: float = 1


@dataclass
class _Presence:
    frames: float = 0
    looks: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*EMOTIONS, "unsure"), 0))
    totals: list[float] = field(default_factory=lambda: [0.0] * len(EMOTIONS))


class IntervalCounter:
    """Adds up the frames of one interval.

    A person weighs the share of the analysed frames in which they were in view, from the first sighting to the last;
    someone who is only remembered when the interval ends has left. That weight is spread over the most probable
    emotions of their classified frames; a frame without an emotion at `unsure_below` or more counts as unsure, and so
    does someone who was never classified. Where the `reference` of the model is given, `prevalence.estimate` corrects
    the counts of all. In `presence` mode people are counted the same way, and their emotions are null.
    """

    def __init__(self, unsure_below: float, reference: Reference | None = None, mode: Mode = "emotions") -> None:
        self._unsure_below = unsure_below
        self._mode = mode
        self._reference = reference
        self._frames = 0
        self._max = 0
        self._people: defaultdict[int, _Presence] = defaultdict(_Presence)
        self._observations = dict.fromkeys((*EMOTIONS, "unsure"), 0)

    def add(self, people: Sequence[Person]) -> None:
        """Take one analysed frame."""
        self._frames += 1
        self._max = max(self._max, sum(person.probabilities is not None for person in people))
        for person in people:
            presence = self._people[person.track]
            presence.frames = min(max(0, presence.frames + person.frames), self._frames)
            if person.probabilities is None:
                continue
            if self._mode == "presence":
                continue
            label = self._label(person.probabilities)
            presence.looks[label] += 1
            self._observations[label] += 1
            if label != "unsure":
                presence.totals = [total + p for total, p in zip(presence.totals, person.probabilities, strict=True)]

    def close(self, expected: int) -> Counts:
        """Return the interval's counts; `expected` is how many frames there should have been.

        Without an analysed frame the counts are zero and `frames.analysed` says that they mean nothing.
        """
        unsure, sure, means, labels = 0.0, [], [], []
        for presence in self._people.values():
            weight = presence.frames / self._frames
            seen = sum(presence.looks[emotion] for emotion in EMOTIONS)
            share = seen / max(1, seen + presence.looks["unsure"])
            unsure += weight * (1 - share)
            if seen:
                sure.append(weight * share)
                means.append([total / seen for total in presence.totals])
                labels.append([presence.looks[emotion] / seen for emotion in EMOTIONS])
        if self._mode == "presence":
            return self._faces_alone(unsure, expected)
        weights = self._shown(sure, means, labels) | {"unsure": unsure}
        tenths = shares_to_tenths(weights)
        total = round(sum(tenths.values()), 1)
        return Counts(
            frames=Frames(analysed=self._frames, expected=expected),
            faces=Faces(mean=total, max=max(self._max, math.ceil(total))),
            unsure=tenths.pop("unsure"),
            emotions=Emotions(**tenths),
            observations=Observations(**self._observations),
        )

    def _faces_alone(self, people: float, expected: int) -> Counts:
        mean = round(people, 1)
        return Counts(
            mode="presence",
            frames=Frames(analysed=self._frames, expected=expected),
            faces=Faces(mean=mean, max=max(self._max, math.ceil(mean))),
            unsure=None,
            emotions=Emotions(**dict.fromkeys(EMOTIONS, None)),
            observations=Observations(**dict.fromkeys((*EMOTIONS, "unsure"), None)),
        )

    def _shown(self, weights: list[float], means: list[list[float]], labels: list[list[float]]) -> dict[str, float]:
        if not sum(weights):
            return dict.fromkeys(EMOTIONS, 0.0)
        people = np.array(weights)
        if self._reference is None:
            shown = people @ np.array(labels)
        else:
            shown = estimate(np.array(means), np.array(labels), people, self._reference)
        return dict(zip(EMOTIONS, shown.tolist(), strict=True))

    def _label(self, probabilities: Sequence[float]) -> str:
        best = max(range(len(EMOTIONS)), key=probabilities.__getitem__)
        return EMOTIONS[best] if probabilities[best] >= self._unsure_below else "unsure"
