"""A record that waits for the broker."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

_MACHINE_BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine_boot() -> str:
    """Return the kernel's id of this boot of the machine, empty if unknown. CLOCK_MONOTONIC restarts with each boot."""
    try:
        return _MACHINE_BOOT.read_text().strip()
    except OSError:
        return ""


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

    @property
    def key(self) -> tuple[str, int]:
        """Name of the record on this device."""
        return self.boot, self.seq

    def changed(self, **values: Any) -> "QueuedRecord":  # noqa: ANN401 - JSON values
        """Return the same record with other values in its payload."""
        payload = json.loads(self.text) | values
        text = json.dumps(payload, separators=(",", ":"))
        return replace(self, text=text, synced=payload["clock"] == "synced")
