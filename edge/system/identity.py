"""The id of this device: the Pi's serial number, because cloned cards share host name and machine-id."""

import logging
import os
import re
import secrets
from pathlib import Path

from edge.config import Settings
from edge.errors import ConfigError
from edge.system.paths import state_directory
from edge.system.state_file import read_state, read_valid, replace_durably, write_durably

log = logging.getLogger(__name__)

SERIAL = Path("/sys/firmware/devicetree/base/serial-number")
"""The same file is in /proc/device-tree, which a service with ProcSubset=pid cannot read."""

_NAME = "device-id"
_RANDOM = re.compile(r"dev-[0-9a-f]{12}")
PUBLISHED_AS = "published-as"
"""File in the state directory with the first levels of the topics that were last published to: `BASE/SITE/DEVICE`."""


def device_id(settings: Settings, serial: Path = SERIAL) -> str:
    """Return the configured id; else `rpi-<serial>` on a Pi; else a random id, kept in the state directory.

    Where its file was lost, the topics that were last published to still name it.

    Raises:
        ConfigError: there is no serial number, and the state directory is not writable: each start would have a new id.

    """
    return settings.device.id or _of_serial(serial) or _stored(_file(settings))


def known_id(settings: Settings, serial: Path = SERIAL) -> str:
    """Return the same without making an id; empty where there is none yet, or it cannot be read."""
    try:
        return settings.device.id or _of_serial(serial) or read_state(_file(settings))
    except OSError:
        return ""


def is_id_stored(directory: Path, settings: Settings, serial: Path = SERIAL) -> bool:
    """Return whether a state directory holds the random id that a device with these settings goes by."""
    return not settings.device.id and not _of_serial(serial) and os.path.lexists(directory / _NAME)


def _file(settings: Settings) -> Path:
    return state_directory(settings) / _NAME


def _of_serial(serial: Path) -> str:
    """Return `rpi-<serial>`; empty where this is no Pi."""
    try:
        found = re.sub(r"[^0-9a-z]", "", serial.read_text().lower())
    except (OSError, UnicodeDecodeError):
        found = ""
    return f"rpi-{found}" if found else ""


def _stored(path: Path) -> str:
    try:
        known = read_valid(path, _RANDOM.fullmatch)
        if not known and (known := _last_published(path.with_name(PUBLISHED_AS))):
            log.warning("%s: was lost; %s names this device %s, which it remains", path, PUBLISHED_AS, known)
            write_durably(path, known)
        if not known:
            known = f"dev-{secrets.token_hex(6)}"
            replace_durably(path, known)
            log.info("this device is %s from now on, as its state directory named none", known)
    except OSError as error:
        raise ConfigError(
            path, f"cannot be stored ({error.strerror})", "set device.id, or spool.directory to a writable folder"
        ) from error
    return known


def _last_published(path: Path) -> str:
    """Return the random id in the topics that were last published to; empty where there is none."""
    try:
        last = read_state(path).rpartition("/")[2]
    except OSError:
        return ""
    return last if _RANDOM.fullmatch(last) else ""
