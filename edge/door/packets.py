"""The bounds of what passes through the door, and the name of a record there."""

MAX_PACKET = 2048
"""Bytes."""
BACKLOG = 8640
"""Records that wait for the other side: a day at 10 s, about 8 MB. When full, the oldest goes, which `seq` shows."""
CLOCK_TOLERANCE = 1.0
"""Seconds by which the observer's CLOCK_MONOTONIC may seem to be ahead."""
MAX_KEYS = 48
"""Names of records in one acknowledgement."""
Key = tuple[str, int]
"""Boot and sequence number: the name of a record."""
