"""Which packets from the process that sees are let in."""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from edge.contract.records import ClosedInterval, Heartbeat
from edge.door.lengths import Lengths
from edge.door.modes import Modes
from edge.door.packets import BACKLOG, CLOCK_TOLERANCE, MAX_PACKET

log = logging.getLogger(__name__)

_HEARTBEATS_A_MINUTE = 60
_MOST_CREDIT = 2.0
"""Intervals: so many records may come early, as after steps of the wall clock, which make intervals shorter."""
_GENEROSITY = 1.02
"""Records per interval, in the long run: clocks are slewed by less than this."""
_MESSAGE: TypeAdapter[ClosedInterval | Heartbeat] = TypeAdapter(ClosedInterval | Heartbeat)


@dataclass(frozen=True)
class Handled:
    """Up to where records were acknowledged.

    Attributes:
        boot: the observer's start that handed them in; empty before the first.
        seq: the number of the last one.
        until: CLOCK_MONOTONIC in seconds at the end of its interval; no record may be older.

    """

    boot: str = ""
    seq: int = -1
    until: float = 0.0


class Gate:
    """Decides which packets pass: pure, so that it can be tested with any packet at any time.

    A record passes once per interval of the clock that both processes share, in order, whatever start of the observer
    it names; the interval is that of the configuration with which it was made. Numbers that are left out cost as many
    intervals as if their records had come.
    """

    def __init__(
        self,
        lengths: Lengths,
        knows_model: Callable[[str], bool] = lambda _model: True,
        handled: Handled | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        modes: Modes | None = None,
    ) -> None:
        """Begin where an earlier publisher ended.

        Args:
            lengths: which lengths intervals may have.
            knows_model: whether a message may name this model.
            handled: the records of this start of the machine that were acknowledged; None where that is not known.
            monotonic: CLOCK_MONOTONIC in seconds.
            modes: whether records may have emotions; None: they may.

        """
        self._lengths = lengths
        self._modes = modes or Modes()
        self._knows_model = knows_model
        self._monotonic = monotonic
        self._credit = _MOST_CREDIT
        self._heartbeats: deque[float] = deque(maxlen=_HEARTBEATS_A_MINUTE)
        self._logged: set[str] = set()
        self.handled = handled or Handled()
        """The record that was admitted last."""
        self.refused = 0
        """Packets that were dropped so far."""
        self.repeated = False
        """Whether the record admitted last had been admitted before: to be acknowledged again, not published again."""

    def admit(self, packet: bytes) -> ClosedInterval | Heartbeat | None:
        """Return the message of a packet, or None (and count it) where it must not pass."""
        try:
            message = self._parsed(packet)
            if isinstance(message, ClosedInterval):
                self._check_record(message)
            else:
                self._check_heartbeat(message)
        except _RefusedError as reason:
            self._refuse(str(reason))
            return None
        return message

    def agreed(self) -> None:
        """Note that the observer uses the configuration that this process uses."""
        now = self._monotonic()
        self._lengths.agreed(now)
        self._modes.agreed(now)

    def _refuse(self, reason: str) -> None:
        """Count a packet; log one line for each reason, however many packets. What they hold is never logged."""
        self.refused += 1
        if reason not in self._logged:
            self._logged.add(reason)
            log.warning("a packet at the door was dropped: %s; further ones are only counted", reason)

    @staticmethod
    def _parsed(packet: bytes) -> ClosedInterval | Heartbeat:
        if len(packet) > MAX_PACKET:
            raise _RefusedError("it is too large")
        try:
            return _MESSAGE.validate_json(packet)
        except ValidationError as error:
            known = {one["type"] for one in error.errors(include_input=False, include_url=False)}
            raise _RefusedError("its counts disagree" if known == {"value_error"} else "it is no message") from None

    def _check_record(self, record: ClosedInterval) -> None:
        """Let a record pass, by the clock that both sides share and nobody can step."""
        now, last = self._monotonic(), self.handled
        self.repeated = record.boot == last.boot and record.seq <= last.seq
        if self.repeated:
            return
        if not self._knows_model(record.model):
            raise _RefusedError("it names a model that this device does not use; restart emotion-edge.target")
        if not self._modes.allows(record):
            raise _RefusedError("it has emotions, and this device counts faces only; run: sudo emotion-edge apply")
        length = self._lengths.of(record)
        if length is None:
            raise _RefusedError("its interval is not as long as this device's; run: sudo emotion-edge apply")
        if not now - (BACKLOG + 1) * length <= record.monotonic <= now + CLOCK_TOLERANCE:
            raise _RefusedError("it is too old, or of the future")
        passed = record.monotonic - last.until
        credit = self._credit + _GENEROSITY * passed / length
        cost = record.seq - last.seq if record.boot == last.boot else 1
        if passed < length / 2 or cost > credit:
            raise _RefusedError("it is more than one record an interval")
        self._credit = min(_MOST_CREDIT, credit - cost)
        self._lengths.passed(length)
        self.handled = Handled(record.boot, record.seq, record.monotonic)

    def _check_heartbeat(self, heartbeat: Heartbeat) -> None:
        now = self._monotonic()
        if len(self._heartbeats) == _HEARTBEATS_A_MINUTE and now - self._heartbeats[0] < 60:  # noqa: PLR2004
            raise _RefusedError("it is more than one heartbeat a second")
        if not self._knows_model(heartbeat.model):
            raise _RefusedError("it names a model that this device does not use; restart emotion-edge.target")
        self._heartbeats.append(now)


class _RefusedError(Exception):
    """A packet must not pass; the text says why."""
