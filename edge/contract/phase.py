"""When within an interval a device sends its record, so that a fleet does not send all at once."""

import hashlib

_SPREAD = 0.25
"""Live records leave within this first part of the interval."""


def phase(device: str, interval_seconds: float) -> float:
    """Return how long after an interval's end this device sends its record, seconds, the same at every start."""
    return _SPREAD * interval_seconds * int.from_bytes(hashlib.sha256(device.encode()).digest()[:4]) / 2**32
