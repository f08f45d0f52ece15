"""Counters of a fleet."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Counters since the start."""

    connected: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    disconnects: int = 0
    skipped: int = 0
    """Records whose device was not connected; a real device would have spooled them."""
