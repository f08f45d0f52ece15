"""Numbers of a record no finer than a reader needs: each digit more is room for something else than a count.

The record has been through disclosure control already. What is done here is a function of what may be published.
"""

import math

from edge.contract.records import EMOTIONS, MOST_TALLY, Disclosed, Emotions, Faces, Frames, Observations
from edge.counting.rounding import shares_to_tenths

FRAME_SHARES = 4
"""Frames that were analysed are published in quarters of those that were expected, rounded up."""
STEPS = 200
"""The mean is published in at most so many steps: tenths up to 20 people, 0.2 up to 40, 0.5 up to 100, …."""
_SERIES = (1, 2, 5)


def coarse(told: Disclosed, expected: int) -> Disclosed:
    """Return a record with coarse numbers; `emotions`, `unsure` and `other` still add up to `faces.mean`.

    Args:
        told: after disclosure control.
        expected: frames of an interval by this process's own settings.

    """
    frames = _coarse_frames(told, expected)
    observations = _coarse_observations(told, frames.analysed)
    return _coarse_people(told).model_copy(update={"frames": frames, "observations": observations})


def _coarse_observations(told: Disclosed, analysed: int) -> Observations:
    """Return the same whole people, as multiples of the frames that the record names."""
    most = MOST_TALLY // max(1, analysed)  # the contract has no place for more
    people = {
        name: None if tally is None else min(most, round(tally / told.frames.analysed)) * analysed
        for name, tally in told.observations
    }
    return Observations(**people)


def _coarse_frames(told: Disclosed, expected: int) -> Frames:
    """Return quarters of the expected frames; of a record that is withheld, a constant for each reason."""
    if told.suppressed == "paused":
        return Frames(analysed=0, expected=0)
    if told.suppressed == "not_observed":
        return Frames(analysed=0, expected=expected)
    if told.faces.mean is None:
        return Frames(analysed=expected, expected=expected)
    quarters = min(FRAME_SHARES, math.ceil(FRAME_SHARES * told.frames.analysed / expected))
    return Frames(analysed=math.ceil(quarters * expected / FRAME_SHARES), expected=expected)


def _coarse_people(told: Disclosed) -> Disclosed:
    mean, most = told.faces.mean, told.faces.max
    if mean is None or most is None:
        return told
    step = _step(mean)
    whole = _step(most)  # people, ten times as coarse as the mean of as many
    most = whole * math.ceil(most / whole)
    if step == 1:
        return told.model_copy(update={"faces": Faces(mean=mean, max=most)})
    parts = {
        name: value
        for name, value in (*told.emotions, ("unsure", told.unsure), ("other", told.other))
        if value is not None
    }
    rounded = shares_to_tenths({name: value / step for name, value in (parts or {"mean": mean}).items()})
    values = {name: round(value * step, 1) for name, value in rounded.items()}
    faces = Faces(mean=round(sum(values.values()), 1), max=most)
    emotions = Emotions(**{name: values.get(name) for name in EMOTIONS})
    changed = {"faces": faces, "emotions": emotions, "unsure": values.get("unsure"), "other": values.get("other")}
    return told.model_copy(update=changed)


def _step(people: float) -> int:
    """Return in how many tenths of a person a number of people is published: 1, 2, 5, 10, …."""
    power = 1
    while True:
        for first in _SERIES:
            if people * 10 <= STEPS * power * first:
                return power * first
        power *= 10
