"""Which start of this machine it is: CLOCK_MONOTONIC restarts with each."""

from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine_boot() -> str:
    """Return the kernel's id of this boot of the machine, empty if unknown."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""
