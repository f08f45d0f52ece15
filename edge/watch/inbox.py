"""What `watch` subscribes to, and records that came before."""

from collections import OrderedDict

from edge.contract.reading import Leaf
from edge.contract.records import PublishedRecord

LEAVES: dict[Leaf, int] = {"counts": 1, "counts/backfill": 1, "health": 0, "info": 1, "status": 1, "pause": 1}
"""What is read under a device, with its QoS."""


def topics(base: str, site: str, device: str) -> list[tuple[str, int]]:
    """Return what to subscribe to, with QoS; an empty site or device stands for all of them."""
    return [(f"{base}/{site or '+'}/{device or '+'}/{leaf}", qos) for leaf, qos in LEAVES.items()]


class Seen:
    """Records that have arrived before, by `(device, boot, seq)`; remembers the latest `capacity` of them."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._keys: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def first(self, record: PublishedRecord) -> bool:
        """Whether this record is new."""
        key = (record.device, record.boot, record.seq)
        if key in self._keys:
            self._keys.move_to_end(key)
            return False
        self._keys[key] = None
        if len(self._keys) > self._capacity:
            self._keys.popitem(last=False)
        return True
