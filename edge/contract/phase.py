"""The delay after an interval with which a device publishes, so that a fleet does not publish at the same moment."""

import hashlib

_SPREAD = 0.25
"""Live records are published within this first part of the next interval."""


def phase(device: str, interval_seconds: float) -> float:
    """Return the delay in seconds after the end of an interval; it is the same at every start of the device."""
    return _SPREAD * interval_seconds * int.from_bytes(hashlib.sha256(device.encode()).digest()[:4]) / 2**32
