"""Made-up people in a lesson: they come, sit, leave, and look in ways that change slowly."""

import math
import random

from edge.contract.records import EMOTIONS, Counted, Emotions, Faces, Frames, Observations
from edge.counting.rounding import shares_to_tenths
from edge.simulation.room import LABELS, MIX
from edge.simulation.school import MINUTE, Lesson

_DAY = 24 * 3600
_COME, _GO = 4 * MINUTE, 1 * MINUTE
"""People arrive within the first of these times, and leave within the last."""
_AWAY = 9 * MINUTE
"""About every so many seconds somebody is out of the room for a while."""
_CHEERFUL = 0.3
"""Share of a lesson that is more cheerful than the rest."""
_MORE = 3.0
"""So many times as many people smile then, before the others are taken into account."""


class ClassAtWork:
    """The people of one lesson in one room: the same class comes at the same hour of each day, in another mood."""

    def __init__(self, room: str, lesson: Lesson, sizes: tuple[int, int]) -> None:
        """Draw a class of a size between `sizes`."""
        least, most = sizes
        size = random.Random(f"{room} {lesson.begin % _DAY:.0f}").randint(least, most)  # noqa: S311 - made-up people
        draw = random.Random(f"{room} {lesson.begin:.0f}")  # noqa: S311 - the same
        self._lesson = lesson
        self._people = max(least, size - draw.randint(0, 2))
        self._turns = [(draw.uniform(0, math.tau), draw.uniform(1.5, 4.5)) for _ in LABELS]
        self._cheerful = draw.uniform(0.2, 0.8 - _CHEERFUL)
        self._out = draw.uniform(0, _AWAY)

    def counts(self, time: float, frames: int) -> Counted:
        """Return the counts of an interval around `time`, seconds since 1970, in which `frames` were analysed."""
        people = self._present(time)
        shown = shares_to_tenths(dict(zip(LABELS, self._shares(time, people), strict=True)))
        return Counted(
            frames=Frames(analysed=frames, expected=frames),
            faces=Faces(mean=float(people), max=people),
            steady=people,
            emotions=Emotions(**{name: shown[name] for name in EMOTIONS}),
            unsure=shown["unsure"],
            observations=Observations(**{name: round(frames * value) for name, value in shown.items()}),
        )

    def _present(self, time: float) -> int:
        since, left = time - self._lesson.begin, self._lesson.end - time
        there = min(1.0, since / _COME, left / _GO)
        one_out = math.sin(math.tau * (time + self._out) / _AWAY) > _CHEERFUL
        return max(0, math.ceil(there * self._people) - one_out)

    def _shares(self, time: float, people: int) -> list[float]:
        """Return people by label; each label swings around its usual share, and one part of the lesson is cheerful."""
        part = (time - self._lesson.begin) / (self._lesson.end - self._lesson.begin)
        weights = [
            share * (1 + 0.25 * math.sin(begin + math.tau * turns * part))
            for share, (begin, turns) in zip(MIX, self._turns, strict=True)
        ]
        if self._cheerful <= part < self._cheerful + _CHEERFUL:
            weights[LABELS.index("happy")] *= _MORE
        return [people * weight / sum(weights) for weight in weights]
