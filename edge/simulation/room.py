"""Made-up counts of a room without lessons."""

import random
from collections import Counter

from edge.contract.records import EMOTIONS, Counted, Emotions, Faces, Frames, Observations

LABELS = (*EMOTIONS, "unsure")
MIX = (0.03, 0.01, 0.03, 0.25, 0.08, 0.04, 0.5, 0.06)
"""Of a class at work: the seven emotions and unsure."""
_PLACES = 30


class Room:
    """People who come and go, and the emotions that they show."""

    def __init__(self, generator: random.Random) -> None:
        self._random = generator
        self._people = generator.randint(0, _PLACES)

    def counts(self, frames: int) -> Counted:
        """Return the counts of the next interval, in which `frames` frames were analysed."""
        self._people = min(_PLACES, max(0, self._people + self._random.randint(-2, 2)))
        drawn = Counter(self._random.choices(LABELS, MIX, k=self._people))
        return Counted(
            frames=Frames(analysed=frames, expected=frames),
            faces=Faces(mean=float(self._people), max=self._people),
            steady=self._people,
            emotions=Emotions(**{name: float(drawn[name]) for name in EMOTIONS}),
            unsure=float(drawn["unsure"]),
            observations=Observations(**{name: frames * drawn[name] for name in LABELS}),
        )


def nobody(frames: int) -> Counted:
    """Return the counts of an interval in which nobody was in view; with 0 frames nobody was looked for."""
    return Counted(
        frames=Frames(analysed=frames, expected=frames or 1),
        faces=Faces(mean=0.0, max=0),
        steady=0,
        emotions=Emotions(**dict.fromkeys(EMOTIONS, 0.0)),
        unsure=0.0,
        observations=Observations(**dict.fromkeys(LABELS, 0)),
    )
