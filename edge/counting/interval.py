"""What a count is: people per interval from the people in each analysed frame."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.contract.records import EMOTIONS, Counted, Emotions, Faces, Frames, Mode, Observations
from edge.counting.prevalence import Reference, estimate
from edge.counting.rounding import shares_to_tenths

_THROUGHOUT = 0.8
"""Share of the frames from which a person was in view throughout: up to 2 s of 10 may pass until a look finds them."""
_HARDLY_ANYONE = 0.5
"""People on average: a picture that hides people shows a false face now and then."""
_FLICKER = 10
"""One of so many looks may find fewer people: the detector misses faces."""


@dataclass(frozen=True)
class Person:
    """Someone in view in one frame.

    Attributes:
        track: id that ties the frames of an interval together.
        probabilities: of the seven emotions, or None where the person is only remembered; of none in presence mode.
        frames: how many frames this adds to those in which the person was in view, this one included. 0 while only
            remembered, and made up for when seen again; negative where earlier frames were counted too many.
        looked: whether everyone in view was looked at within half of the time between two searches (in presence mode
            all of it; see `Schedule.between_scans`), or nothing has changed where they are. Otherwise someone is only
            assumed to be where the last look saw them.
        alive: whether the face has moved, as a portrait on the wall does not.

    """

    track: int
    probabilities: Sequence[float] | None
    frames: float = 1
    looked: bool = True
    alive: bool = True


@dataclass
class _Presence:
    frames: float = 0
    looks: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*EMOTIONS, "unsure"), 0))
    totals: list[float] = field(default_factory=lambda: [0.0] * len(EMOTIONS))


class IntervalCounter:
    """Adds up the frames of one interval.

    A person weighs the share of the analysed frames in which they were in view, from the first sighting to the last;
    someone who is only remembered when the interval ends has left. A frame without an emotion at `unsure_below` or more
    counts as unsure, and so does someone who was never classified.

    Emotions are those of the people who were in view throughout, each with the same weight, spread over the most
    probable emotions of their classified frames. Others are counted as unsure, in the observations, too: the share of
    the frames in which someone was in view would otherwise stand under their emotion, and name it. Where the
    `reference` of the model is given, `prevalence.estimate` corrects the counts of all. In `presence` mode emotions are
    null.
    """

    def __init__(self, unsure_below: float, reference: Reference | None = None, mode: Mode = "emotions") -> None:
        self._unsure_below = unsure_below
        self._mode = mode
        self._reference = reference
        self._frames = 0
        self._told = False
        self._hidden = False
        self._max = 0
        self._looks: list[int] = []
        self._people: defaultdict[int, _Presence] = defaultdict(_Presence)

    def add(self, people: Sequence[Person], *, told: bool = True, hidden: bool = False) -> None:
        """Take one analysed frame.

        Args:
            people: in view.
            told: whether enough was seen by then to tell who is there.
            hidden: whether the picture is known to hide people, as one that is upside down or out of focus.

        """
        self._frames += 1
        self._told |= told
        self._hidden |= hidden
        seen = [person for person in people if person.probabilities is not None]
        self._max = max(self._max, len(seen))
        if all(person.looked for person in seen):
            self._looks.append(sum(person.alive for person in seen))
        for person in people:
            presence = self._people[person.track]
            presence.frames = min(max(0, presence.frames + person.frames), self._frames)
            if person.probabilities is None:
                continue
            if self._mode == "presence":
                continue
            label = self._label(person.probabilities)
            presence.looks[label] += 1
            if label != "unsure":
                presence.totals = [total + p for total, p in zip(presence.totals, person.probabilities, strict=True)]

    def close(self, expected: int) -> Counted:
        """Return the interval's counts; `expected` is how many frames there should have been.

        Without a frame that tells who is there, or without a look at the room, the counts are zero and so is
        `frames.analysed`: they mean nothing. The same where the picture hid people and hardly anyone was found.
        """
        blind = self._hidden and self._mean() < _HARDLY_ANYONE
        if self._frames and (blind or not (self._told and self._looks)):
            return type(self)(self._unsure_below, self._reference, self._mode).close(expected)
        people = self._mean()
        if self._mode == "presence":
            return self._faces_alone(people, expected)
        shown = self._shown()
        tenths = shares_to_tenths(shown | {"unsure": max(0.0, people - sum(shown.values()))})
        total = round(sum(tenths.values()), 1)
        return Counted(
            frames=Frames(analysed=self._frames, expected=expected),
            faces=Faces(mean=total, max=max(self._max, math.ceil(total))),
            steady=self._steady(),
            unsure=tenths.pop("unsure"),
            emotions=Emotions(**tenths),
            observations=Observations(**self._observed()),
        )

    def _mean(self) -> float:
        return sum(presence.frames for presence in self._people.values()) / max(1, self._frames)

    def _faces_alone(self, people: float, expected: int) -> Counted:
        mean = round(people, 1)
        return Counted(
            mode="presence",
            frames=Frames(analysed=self._frames, expected=expected),
            faces=Faces(mean=mean, max=max(self._max, math.ceil(mean))),
            steady=self._steady(),
            unsure=None,
            emotions=Emotions(**dict.fromkeys(EMOTIONS, None)),
            observations=Observations(**dict.fromkeys((*EMOTIONS, "unsure"), None)),
        )

    def _steady(self) -> int:
        """Return how many living people nearly every look has found; frames without a look prove nothing."""
        looks = sorted(self._looks)
        return looks[len(looks) // _FLICKER] if looks else 0

    def _shown(self) -> dict[str, float]:
        """Return how many people showed each emotion."""
        throughout = [one for one in self._people.values() if self._was_throughout(one)]
        sure = [one for one in throughout if any(one.looks[emotion] for emotion in EMOTIONS)]
        if not sure:
            return dict.fromkeys(EMOTIONS, 0.0)
        weight = sum(one.frames for one in throughout) / len(throughout) / self._frames
        seen = np.array([[one.looks[emotion] for emotion in EMOTIONS] for one in sure], float)
        often = seen.sum(1)
        weights = weight * often / (often + [one.looks["unsure"] for one in sure])
        labels = seen / often[:, None]
        if self._reference is None:
            shown = weights @ labels
        else:
            means = np.array([one.totals for one in sure]) / often[:, None]
            shown = estimate(means, labels, weights, self._reference)
        return dict(zip(EMOTIONS, shown.tolist(), strict=True))

    def _was_throughout(self, one: _Presence) -> bool:
        return one.frames >= _THROUGHOUT * self._frames

    def _observed(self) -> dict[str, int]:
        """Return how often each emotion was the most probable one."""
        found = dict.fromkeys((*EMOTIONS, "unsure"), 0)
        for one in self._people.values():
            for label, times in one.looks.items():
                found[label if self._was_throughout(one) else "unsure"] += times
        return found

    def _label(self, probabilities: Sequence[float]) -> str:
        best = max(range(len(EMOTIONS)), key=probabilities.__getitem__)
        return EMOTIONS[best] if probabilities[best] >= self._unsure_below else "unsure"
