"""What a host is and has, before anything is changed: one line of JSON. Needs root and nothing but Python."""

import fcntl
import hashlib
import json
import os
import platform
import struct
import sys
import time
from pathlib import Path

LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock")
CERTIFICATE = Path("/etc/credstore/emotion-edge.cert")
OVERLAY = "overlayroot / overlay "
"""How overlayroot mounts a root that is read-only below a layer in memory; tasks/root.yml looks for the same."""
_FLOCK = "hhqqi4x"
"""struct flock of 64-bit Linux: type, whence, start, length, process."""


def holder(lock: str) -> str:
    """Return who holds a lock of apt or dpkg; empty where nobody does."""
    try:
        with Path(lock).open("rb+") as file:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _whence, _start, _length, process = struct.unpack(_FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except FileNotFoundError:
        return ""
    if kind == fcntl.F_UNLCK:
        return ""
    name = Path(f"/proc/{process}/comm")
    return f"process {process} ({name.read_text().strip() if name.exists() else 'another program'})"


def free_megabytes(folder: str) -> int:
    """Return the free space where a folder is or would be, in MB."""
    space = os.statvfs(nearest(folder))
    return space.f_bavail * space.f_frsize // 1_000_000


def nearest(folder: str) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    path = Path(folder)
    while not path.exists():
        path = path.parent
    return path


def own_file_system(folder: str) -> bool:
    """Return whether a folder lies on another file system than the root: what is mounted there stays writable."""
    return nearest(folder).stat().st_dev != Path("/").stat().st_dev


def recurses(command_line: str) -> bool:
    """Return whether a kernel command line makes all file systems read-only, not the root alone: overlayroot.conf."""
    wanted = [word.partition("=")[2] for word in command_line.split() if word.startswith("overlayroot=")]
    return bool(wanted) and wanted[-1] not in ("", "disabled") and "recurse=0" not in wanted[-1]


def system() -> dict[str, str]:
    """Return ID and VERSION_ID of the operating system."""
    lines = [line.partition("=") for line in Path("/etc/os-release").read_text().splitlines()]
    values = {name: value.strip('"') for name, _equals, value in lines}
    return {"system": values.get("ID", "unknown"), "version": values.get("VERSION_ID", "unknown")}


def main(seconds: float, control: float) -> None:
    """Wait for apt's locks, `seconds` at most; print what was found. `control` is the time of the control node."""
    clock_off = time.time() - control
    end = time.monotonic() + seconds
    while (held := [who for who in map(holder, LOCKS) if who]) and time.monotonic() < end:
        time.sleep(1)
    certificate = hashlib.sha256(CERTIFICATE.read_bytes()).hexdigest() if CERTIFICATE.exists() else ""
    found = {
        **system(),
        "machine": platform.machine(),
        "bits": 64 if sys.maxsize > 2**32 else 32,
        "free_megabytes": free_megabytes("/opt/emotion-edge"),
        "clock_off": round(clock_off),
        "apt": held[0] if held else "",
        "watchdog": Path("/dev/watchdog").exists(),
        "certificate": certificate,
        "read_only": any(line.startswith(OVERLAY) for line in Path("/proc/mounts").read_text().splitlines()),
        "recurses": recurses(Path("/proc/cmdline").read_text()),
        "state_apart": own_file_system("/var/lib/emotion-edge"),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
