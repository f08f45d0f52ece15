"""The video devices of this machine."""

from pathlib import Path

_MOST_DEVICES = 12


def present_devices(folder: Path = Path("/dev")) -> str:
    """Return the video devices that there are; where a USB camera has a stable name, that one, too."""
    found = [*sorted(folder.glob("video*")), *sorted(folder.glob("v4l/by-id/*-index0"))]
    return ", ".join(map(str, found[:_MOST_DEVICES])) or "none"
