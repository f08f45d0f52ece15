"""Numbers of records that were left out while someone listened."""

from collections import defaultdict

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord


class Gaps:
    """Which numbers came, by device and start of the device."""

    def __init__(self) -> None:
        self._came: dict[Place, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))

    def take(self, place: Place, record: PublishedRecord) -> None:
        """Note a record; a late one that is older than what was listened to leaves no gap."""
        seen = self._came[place][record.boot]
        if not record.replayed or (seen and record.seq > min(seen)):
            seen.add(record.seq)

    def missing(self, place: Place) -> int:
        """Return how many numbers are missing between the first and the last that came of each start."""
        boots = self._came.get(place, {})
        return sum(max(seen) - min(seen) + 1 - len(seen) for seen in boots.values())
