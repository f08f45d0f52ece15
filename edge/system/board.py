"""Which board this is."""

from pathlib import Path

MODEL = Path("/sys/firmware/devicetree/base/model")
"""The same file is in /proc/device-tree, which a service with ProcSubset=pid cannot read."""
_MOST_CHARACTERS = 64


def board_model(file: Path = MODEL) -> str:
    """Return what the device tree calls this board, such as "Raspberry Pi Zero 2 W Rev 1.0"; empty without one."""
    try:
        text = file.read_bytes().decode(errors="replace")
    except OSError:
        return ""
    return "".join(character for character in text if character.isprintable())[:_MOST_CHARACTERS].strip()
