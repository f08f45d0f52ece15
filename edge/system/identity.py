"""Who this device is: the Pi's serial number, since cloned cards share host name and machine-id."""

import re
import secrets
from pathlib import Path

from edge.config import Settings
from edge.errors import ConfigError
from edge.system.paths import state_directory

SERIAL = Path("/sys/firmware/devicetree/base/serial-number")
"""Also /proc/device-tree, which a service with ProcSubset=pid does not see."""


def device_id(settings: Settings, serial: Path = SERIAL) -> str:
    """Return the configured id, `rpi-<serial>` on a Pi, else a random id that is stored in the state directory.

    Raises:
        ConfigError: there is no serial number and nothing can be stored, so the id would change with every start.

    """
    if settings.device.id:
        return settings.device.id
    try:
        found = re.sub(r"[^0-9a-z]", "", serial.read_text().lower())
    except (OSError, UnicodeDecodeError):
        found = ""
    return f"rpi-{found}" if found else _stored(state_directory(settings) / "device-id")


def _stored(path: Path) -> str:
    try:
        known = path.read_text().strip() if path.exists() else ""
        if not re.fullmatch(r"dev-[0-9a-f]{12}", known):
            known = f"dev-{secrets.token_hex(6)}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(known + "\n")
    except OSError as error:
        raise ConfigError(
            path, f"cannot be stored ({error.strerror})", "set device.id, or spool.directory to a writable folder"
        ) from error
    return known
