"""Which start of this machine it is: CLOCK_MONOTONIC restarts with each."""

import contextlib
import os
from pathlib import Path
from uuid import UUID

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_BOOT_VARIABLE = "EMOTION_EDGE_MACHINE_BOOT"
"""Set in systemd/emotion-edge-publisher.service; systemd writes the same id without hyphens."""


def machine_boot() -> str:
    """Return the kernel's id of this boot of the machine, empty if unknown.

    A unit with `ProcSubset=pid` cannot read it, and gets it by its environment.
    """
    try:
        return _BOOT.read_text().strip()
    except OSError:
        with contextlib.suppress(KeyError, ValueError):
            return str(UUID(os.environ[_BOOT_VARIABLE]))
        return ""
