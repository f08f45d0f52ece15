"""Which packets from the process that sees are let in."""

import time
from collections import deque
from collections.abc import Callable

from pydantic import TypeAdapter

from edge.contract.records import Heartbeat, IntervalRecord
from edge.door.packets import BACKLOG, MAX_PACKET

_HEARTBEATS_A_MINUTE = 60
_CLOCK_TOLERANCE = 1.0
_RESTART_SECONDS = 0.5  # an observer that starts anew needs longer than this before its first record
_MESSAGE: TypeAdapter[IntervalRecord | Heartbeat] = TypeAdapter(IntervalRecord | Heartbeat)


class Gate:
    """Decides which packets pass: pure, so that it can be tested with any packet at any time."""

    def __init__(self, interval_seconds: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval_seconds
        self._monotonic = monotonic
        self._boot = ""
        self._seq = -1
        self._newest = 0.0
        self._heartbeats: deque[float] = deque(maxlen=_HEARTBEATS_A_MINUTE)
        self.refused = 0
        """Packets that were dropped so far."""
        self.repeated = False
        """Whether the record admitted last had been admitted before: to be acknowledged again, not published again."""

    def admit(self, packet: bytes) -> IntervalRecord | Heartbeat | None:
        """Return the message of a packet, or None (and count it) where it must not pass."""
        try:
            if len(packet) > MAX_PACKET:
                raise ValueError
            message = _MESSAGE.validate_json(packet)
            fits = self._record_fits if isinstance(message, IntervalRecord) else self._heartbeat_fits
            if not fits(message):  # type: ignore[arg-type]
                raise ValueError
        except ValueError:  # pydantic's ValidationError is one
            self.refused += 1
            return None
        return message

    def _record_fits(self, record: IntervalRecord) -> bool:
        """At most one record an interval, by the clock that both sides share and nobody can step."""
        now = self._monotonic()
        self.repeated = record.boot == self._boot and record.seq <= self._seq
        if self.repeated:
            return True
        in_time = now - (BACKLOG + 1) * self._interval <= record.monotonic <= now + _CLOCK_TOLERANCE
        gap = self._interval / 2 if record.boot == self._boot else _RESTART_SECONDS
        if not in_time or record.monotonic < self._newest + gap:
            return False
        self._boot, self._seq, self._newest = record.boot, record.seq, record.monotonic
        return True

    def _heartbeat_fits(self, _heartbeat: Heartbeat) -> bool:
        now = self._monotonic()
        full = len(self._heartbeats) == _HEARTBEATS_A_MINUTE and now - self._heartbeats[0] < 60  # noqa: PLR2004
        if not full:
            self._heartbeats.append(now)
        return not full
