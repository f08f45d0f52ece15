"""Which start of this machine it is: CLOCK_MONOTONIC restarts with each."""

import contextlib
import os
from pathlib import Path
from uuid import UUID

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_BOOT_VARIABLE = "EMOTION_EDGE_MACHINE_BOOT"
"""Set in both services of systemd/; systemd writes the same id without hyphens."""


def machine_boot() -> str:
    """Return the kernel's id of this boot of the machine, empty if unknown.

    What systemd says comes first, so that both services name one boot alike: a unit with `ProcSubset=pid` cannot read
    /proc, and in a container a unit with a /proc of its own reads the id of the host.
    """
    with contextlib.suppress(KeyError, ValueError):
        return str(UUID(os.environ[_BOOT_VARIABLE]))
    with contextlib.suppress(OSError):
        return _BOOT.read_text().strip()
    return ""
