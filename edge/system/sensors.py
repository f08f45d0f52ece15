"""Facts about this process and this machine, each read from the kernel."""

import os
import time
from pathlib import Path

_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")
_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")


def resident_kilobytes(pid: int | None = None) -> int:
    """Resident memory of a process (default: this one), VmRSS of proc(5); 0 where it is gone."""
    return _kilobytes("VmRSS", pid)


def peak_kilobytes() -> int:
    """Largest resident memory of this program, VmHWM of proc(5); that of getrusage(2) counts who started it, too."""
    return _kilobytes("VmHWM")


def _kilobytes(name: str, pid: int | None = None) -> int:
    try:
        status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def seconds_without_processor(pid: int) -> float:
    """Seconds that the threads of a process were ready to run and had no processor; 0 where the kernel does not count.

    Field 2 of /proc/PID/task/TID/schedstat, nanoseconds (Documentation/scheduler/sched-stats.rst of the kernel).
    """
    total = 0
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[1])
    except (OSError, ValueError, IndexError):  # it has ended, or the kernel was built without SCHED_INFO
        return 0.0
    return total / 1e9


def seconds_since_start() -> float:
    """Seconds since the kernel started this process: field 22 of proc(5)'s stat against CLOCK_BOOTTIME."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def soc_celsius() -> float | None:
    """Temperature of the first thermal zone, or None where there is none."""
    try:
        return int(_TEMPERATURE.read_text()) / 1000
    except (OSError, ValueError):
        return None


def throttled() -> int | None:
    """Raspberry Pi's throttle bits (0 under-voltage, 1-3 slowed down; 16-19: since the start), or None."""
    try:
        return int(_THROTTLED.read_text(), 16)
    except (OSError, ValueError):
        return None


def cpu_seconds() -> float:
    """CPU time of this process and its ended children, user and system."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
