"""One person of each record is counted under another emotion, so that two records do not name one person's.

Whole people are what the difference of two records would show, so whole people are what is moved. It is the
post-randomisation method (Gouweleeuw et al., Journal of Official Statistics 14, 1998; Hundepool et al. 2012, chapter 5)
applied to a count. The move is drawn with a key that never leaves the process and from the counts in whole people: a
room that does not change gives the same record each time, so nothing is gained by averaging, and any change of a whole
person gives a new draw for all emotions.
"""

import hashlib
import secrets
from collections.abc import Mapping

from edge.contract.records import Counts

_ONE = 10
"""One person, in tenths of people."""
_KEY_BYTES = 32

Move = tuple[str, str] | None
"""From which emotion to which other one a person is moved; None where no emotion has a whole person."""


class Swapping:
    """Draws the moves of one process."""

    def __init__(self, key: bytes | None = None) -> None:
        """Draw a key, or take one so that a test can repeat what it did."""
        self._key = secrets.token_bytes(_KEY_BYTES) if key is None else key

    def move(self, counts: Counts) -> Move:
        """Return from which emotion or unsure with a whole person to which other one; each is as likely."""
        cells = {name: value or 0.0 for name, value in (*counts.emotions, ("unsure", counts.unsure))}
        sources = [name for name, people in cells.items() if round(people * _ONE) >= _ONE]
        if not sources:
            return None
        whole = ",".join(str(round(people)) for people in cells.values())
        drawn = int.from_bytes(hashlib.blake2b(whole.encode(), key=self._key).digest())
        drawn, index = divmod(drawn, len(sources))
        targets = [name for name in cells if name != sources[index]]
        return sources[index], targets[drawn % len(targets)]


def moved(cells: Mapping[str, float], move: Move) -> dict[str, float]:
    """Return a table of people by emotion and unsure after a move; the sum stays, and nothing falls below 0."""
    after = dict(cells)
    if move is not None:
        source, target = move
        people = min(1.0, after[source])
        after[source] = round(after[source] - people, 6)
        after[target] = round(after[target] + people, 6)
    return after
