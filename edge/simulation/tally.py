"""What a fleet has done so far."""

from dataclasses import dataclass


@dataclass
class Tally:
    """What happened so far."""

    connected: int = 0
    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    disconnects: int = 0
    skipped: int = 0
    """Records whose device was not connected: a true one would have spooled them."""
