"""Which messages give way where a broker limits what it takes, so that the counts go on."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from edge.mqtt.retry import STABLE_SECONDS

_IN_TURN: tuple[str, ...] = ("discovery", "health", "info")
"""What may give way to a limit that the broker does not name; the first is the largest and the one least missed."""
REMOVAL = "removal"
"""The name of an empty message to a former topic. A broker may end the session because of it, whatever its limits."""
SUBSCRIPTION = "subscription"
"""The name of a look at what the broker retains: the same holds for a topic that the device may not read."""
_SHORT_SESSIONS = 2
"""A single lost connection is no evidence."""
_RETRY_SECONDS = 24 * 3600.0
"""After this time everything is tried again: the broker may have other settings."""


@dataclass
class _Suspicion:
    """What is known of one broker."""

    short_sessions: int = 0
    names: list[str] = field(default_factory=list)
    since: float = 0.0
    over: bool = False


class Withholding:
    """Keeps, for each broker, which messages are withheld from it.

    A message that is larger than the broker says it takes is withheld while the connection lasts. A broker may also
    limit without saying so: where sessions end at once and a message that could do without was not acknowledged, these
    messages are withheld one after the other. If that does not help, all are published again.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._brokers: dict[object, _Suspicion] = {}
        self._now = _Suspicion()
        self._too_large: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """What is withheld on this connection, in alphabetical order."""
        return tuple(sorted({*self._now.names, *self._too_large}))

    def connected(self, broker: object) -> None:
        """Begin a connection to a broker."""
        self._now = self._brokers.setdefault(broker, _Suspicion())
        self._too_large = set()
        if self._now.names and self._monotonic() - self._now.since > _RETRY_SECONDS:
            self._brokers[broker] = self._now = _Suspicion()

    def too_large(self, name: str) -> bool:
        """Withhold a message that is larger than the broker says it takes; return whether that is new."""
        new = name not in self._too_large
        self._too_large = self._too_large | {name}
        return new

    def ended(self, seconds: float, unanswered: Collection[str]) -> str | None:
        """Draw conclusions from a connection that the broker ended after `seconds`.

        Returns:
            What is withheld from now on because of it: one of `unanswered`, or None.

        """
        now = self._now
        if seconds > STABLE_SECONDS:
            now.short_sessions, now.over = 0, False
            return None
        if {REMOVAL, SUBSCRIPTION} & set(unanswered):  # the likelier cause, which is soon given up
            return None
        now.short_sessions += 1
        if now.over or now.short_sessions < _SHORT_SESSIONS:
            return None
        suspect = next((name for name in _IN_TURN if name in unanswered and name not in now.names), None)
        if suspect is not None:
            now.names.append(suspect)
            now.since = self._monotonic()
        elif now.names:  # it was not these
            now.names, now.over = [], True
        return suspect
