"""What the best possible adversary gains at a known leaver: no learning, but all possibilities added up."""

import itertools
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray


def best_possible(mix: NDArray[np.float64]) -> float:
    """Return the gain over guessing the most frequent label of `mix`.

    The group is so large that its counts say nothing of the leaver, each label has a whole person, and nobody else
    changes. Then the difference of two records is the leaver and the two moves of `edge.privacy.swapping`.
    """
    labels = range(len(mix))
    moves = list(itertools.permutations(labels, 2))
    chances: defaultdict[tuple[int, ...], list[float]] = defaultdict(lambda: [0.0] * len(mix))
    for first, second in itertools.product(moves, moves):
        difference = [0] * len(mix)
        for (source, target), sign in ((first, -1), (second, 1)):
            difference[source] -= sign
            difference[target] += sign
        for leaver in labels:
            seen = difference.copy()
            seen[leaver] -= 1
            chances[tuple(seen)][leaver] += float(mix[leaver]) / len(moves) ** 2
    return sum(max(each) for each in chances.values()) - float(mix.max())
