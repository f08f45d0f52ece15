"""How an adversary turns records into a guess, and how much better than without them it is."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

Evidence = Sequence[Hashable] | None
"""For each possible answer what the records show of it; None where they show nothing."""


@dataclass(frozen=True)
class Case:
    """One simulated case: the right answer, as an index, and what an adversary sees."""

    answer: int
    evidence: Evidence


@dataclass(frozen=True)
class Result:
    """Share of right guesses with the records, and of the best guess without them."""

    right: float
    base: float

    @property
    def gain(self) -> float:
        """What the records add."""
        return self.right - self.base


Attack = Callable[[int, float, np.random.Generator], Case]
"""Makes a case from the size of the group, the share of people who change their look, and random numbers."""


class Guesser:
    """Naive Bayes: learns from cases of the same simulation what evidence a right and a wrong answer show.

    The adversary knows the code, so the adversary can simulate as many cases as they like.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        self._prior = Counter(case.answer for case in cases)
        self._right: Counter[Hashable] = Counter()
        self._wrong: Counter[Hashable] = Counter()
        for case in cases:
            for answer, shown in enumerate(case.evidence or ()):
                (self._right if answer == case.answer else self._wrong)[shown] += 1

    @property
    def best_without(self) -> int:
        """The most frequent answer."""
        return self._prior.most_common(1)[0][0]

    def guess(self, evidence: Evidence) -> int:
        """Return the most probable answer."""
        if evidence is None:
            return self.best_without
        return max(range(len(evidence)), key=lambda answer: self._prior[answer] * self._ratio(evidence[answer]))

    def _ratio(self, shown: Hashable) -> float:
        """Return how much more often a right answer shows this than a wrong one; a pseudo-count for what is rare."""
        right = (self._right[shown] + 0.5) / (self._right.total() + 1)
        wrong = (self._wrong[shown] + 0.5) / (self._wrong.total() + 1)
        return right / wrong


def measure(attack: Attack, size: int, changes: float, trials: int, seed: int = 0) -> Result:
    """Let an adversary learn from `trials` cases, and guess in as many other ones."""
    generator = np.random.default_rng(seed)
    guesser = Guesser([attack(size, changes, generator) for _ in range(trials)])
    cases = [attack(size, changes, generator) for _ in range(trials)]
    right = np.mean([guesser.guess(case.evidence) == case.answer for case in cases])
    base = np.mean([guesser.best_without == case.answer for case in cases])
    return Result(float(right), float(base))
