"""One person of each record is counted under another emotion, so that two records do not name one person's.

Whole people are what the difference of two records would show, so whole people are what is moved. It is the
post-randomisation method (Gouweleeuw et al., Journal of Official Statistics 14, 1998; Hundepool et al. 2012, chapter 5)
applied to a count. Nobody is moved where that would lift an emotion above the largest number that may be published of
it, as that would show who was. The move is drawn with a key that never leaves the process and from the counts in whole
people: a room that does not change gives the same record each time, so nothing is gained by averaging, and any change
of a whole person gives a new draw for all emotions.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping

from edge.contract.records import Counts

_KEY_BYTES = 32

Move = tuple[str, str] | None
"""From which emotion to which other one a person is moved; None where no emotion has a whole person."""


class Swapping:
    """Draws the moves of one process."""

    def __init__(self, key: bytes | None = None) -> None:
        """Draw a key, or take one so that a test can repeat what it did."""
        self._key = secrets.token_bytes(_KEY_BYTES) if key is None else key

    def move(self, counts: Counts, may_be: Callable[[Move], bool] = lambda _move: True) -> Move:
        """Return from which emotion or unsure with a whole person to which other one.

        Args:
            counts: of the interval.
            may_be: whether a move is possible. Of those that are, each is as likely.

        """
        cells = {name: value or 0.0 for name, value in (*counts.emotions, ("unsure", counts.unsure))}
        sources = [name for name, people in cells.items() if round(people) >= 1]  # by what the key is drawn from
        whole = ",".join(str(round(people)) for people in cells.values())
        moves = [(source, target) for source in sources for target in cells if target != source]
        moves.sort(key=lambda move: hashlib.blake2b(f"{whole} {move}".encode(), key=self._key).digest())
        return next(filter(may_be, moves), None)


def moved(cells: Mapping[str, float], move: Move) -> dict[str, float]:
    """Return a table of people by emotion and unsure after a move; the sum stays, and nothing falls below 0.

    Where the source has less than a whole person, all of it is moved.
    """
    after = dict(cells)
    if move is not None:
        source, target = move
        people = min(1.0, after[source])
        after[source] = round(after[source] - people, 6)
        after[target] = round(after[target] + people, 6)
    return after
