"""A record that waits for the broker."""

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

MOST = 2**53
"""No record has a greater number."""


@dataclass(frozen=True, slots=True)
class QueuedRecord:
    """One payload as it may be published (after disclosure control), and what is needed to stamp it again.

    Attributes:
        number: place in the order of arrival.
        boot: the observer's start, with `seq` the record's name.
        seq: number within `boot`.
        machine: id of the machine's boot in which `monotonic` was read.
        monotonic: CLOCK_MONOTONIC at the interval's end, seconds.
        synced: whether the clock was synchronised when the record's times were written.
        text: the payload as JSON.

    """

    number: int
    boot: str
    seq: int
    machine: str
    monotonic: float
    synced: bool
    text: str

    @classmethod
    def of(cls, number: int, payload: dict[str, Any], machine: str, monotonic: float) -> Self:
        """Wrap the payload of a published record."""
        synced = payload["clock"] == "synced"
        text = json.dumps(payload, separators=(",", ":"))
        return cls(number, payload["boot"], payload["seq"], machine, monotonic, synced, text)

    @classmethod
    def of_row(cls, row: tuple[object, ...]) -> Self:
        """Return the record of a row of the spool: the values in the order of the attributes.

        Raises:
            ValueError: it is not what was written: the row does not fit its own payload, or a value its type.

        """
        number, boot, seq, machine, monotonic, synced, text = row
        payload = json.loads(str(text), parse_constant=_refuse)
        fits = isinstance(payload, dict) and (payload.get("boot"), payload.get("seq")) == (boot, seq)
        if not (
            fits
            and isinstance(boot, str)
            and payload.get("clock") in {"synced", "unsynced"}
            and isinstance(number, int)
            and isinstance(seq, int)
            and isinstance(monotonic, int | float)
            and 0 < number <= MOST
            and 0 <= seq <= MOST
            and math.isfinite(monotonic)
            and synced in {0, 1}
        ):
            msg = "a value is not of its kind"
            raise ValueError(msg)
        return cls(number, boot, seq, str(machine), float(monotonic), bool(synced), str(text))

    @property
    def key(self) -> tuple[str, int]:
        """Name of the record on this device."""
        return self.boot, self.seq

    @property
    def seconds(self) -> int:
        """Length of its interval; 0 where the payload does not say it."""
        payload = json.loads(self.text)
        try:
            start, end = (datetime.fromisoformat(payload[name]) for name in ("start", "end"))
            return max(0, round((end - start).total_seconds()))
        except (KeyError, TypeError, ValueError):
            return 0

    def changed(self, **values: Any) -> "QueuedRecord":  # noqa: ANN401 - JSON values
        """Return the same record with other values in its payload."""
        payload = json.loads(self.text) | values
        text = json.dumps(payload, separators=(",", ":"))
        return replace(self, text=text, synced=payload["clock"] == "synced")


def _refuse(constant: str) -> None:
    raise ValueError(constant)
