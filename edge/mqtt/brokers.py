"""The brokers of the list: in which order they are tried, and how long each may take to acknowledge."""

import math
import random
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from edge.config import Broker

_HOLD_SECONDS = 60.0
_LONGEST_HOLD_SECONDS = 3600.0
_LONGEST_PATIENCE_SECONDS = 3600.0


@dataclass
class _Standing:
    """What is known of one broker.

    Attributes:
        failures: sessions in a row that delivered nothing, or ended at once.
        held_until: monotonic time until which the other brokers are tried first.
        impatience: how often in a row it did not acknowledge in time.
        heard: topics on which this device heard its own records.
        asked: it was asked for such a topic and has not answered.

    """

    failures: int = 0
    held_until: float = -math.inf
    impatience: int = 0
    heard: set[str] = field(default_factory=set)
    asked: bool = False


class Brokers:
    """An accepted CONNECT is not a working broker: one that does not deliver stands behind the others for a while.

    The while doubles with each failure, so that two brokers of which none delivers are not tried in quick turns.
    A broker that is alive and slow gets twice the time at its next session: each new session sends again what the old
    one had no answer for.
    """

    def __init__(
        self, brokers: Sequence[Broker], answer_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the brokers in the order of the configuration; `answer_seconds` is the first patience with each."""
        self.answer_seconds = answer_seconds
        self._standings = {broker: _Standing() for broker in brokers}
        self._monotonic = monotonic

    def in_order(self) -> list[Broker]:
        """Return all brokers: first those that may work, as configured; then the others, the longest waiting first."""
        now = self._monotonic()
        return sorted(self._standings, key=lambda broker: max(now, self._standings[broker].held_until))

    def is_another_free(self, broker: Broker) -> bool:
        """Whether there is a broker besides this one that does not stand behind."""
        now = self._monotonic()
        return any(other != broker and standing.held_until <= now for other, standing in self._standings.items())

    def patience(self, broker: Broker) -> float:
        """Return within how many seconds this broker has to acknowledge, as long as it is alive."""
        # The exponent is bounded, so that it does not overflow after years.
        doubled = self.answer_seconds * 2.0 ** min(self._standings[broker].impatience, 16)
        return max(self.answer_seconds, min(_LONGEST_PATIENCE_SECONDS, doubled))

    def was_slow(self, broker: Broker) -> None:
        """Note that a broker was alive and did not acknowledge in time."""
        self._standings[broker].impatience += 1

    def failed(self, broker: Broker) -> float:
        """Let a broker stand behind the others; return for how many seconds."""
        standing = self._standings[broker]
        hold = min(_LONGEST_HOLD_SECONDS, _HOLD_SECONDS * 2.0 ** min(standing.failures, 16))
        hold *= random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        standing.failures += 1
        standing.held_until = self._monotonic() + hold
        return hold

    def worked(self, broker: Broker, slowest: float) -> None:
        """Note a session that delivered; its slowest acknowledgement took `slowest` seconds."""
        standing = self._standings[broker]
        standing.failures, standing.held_until = 0, -math.inf
        if slowest < self.answer_seconds:
            standing.impatience = 0

    def may_ask(self, broker: Broker) -> bool:
        """Note that a broker is asked for a topic of records; return whether it may be.

        Some brokers end the session of a device that asks for what it may not read: these are asked once.
        """
        standing = self._standings[broker]
        before, standing.asked = standing.asked, True
        return not before or bool(standing.heard)

    def has_answered(self, broker: Broker) -> None:
        """Note that a broker answered when it was asked for a topic of records."""
        self._standings[broker].asked = False

    def note_heard(self, broker: Broker, topic: str) -> None:
        """Note that a broker let this device hear its own records on a topic."""
        self._standings[broker].heard.add(topic)

    def heard(self, broker: Broker) -> AbstractSet[str]:
        """Return the topics on which a broker ever let this device hear its own records."""
        return self._standings[broker].heard
