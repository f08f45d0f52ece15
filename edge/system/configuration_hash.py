"""The hash that says which configuration a process uses; its key is a small file in the state directory.

The publisher makes the key. The observer, `apply` and `doctor` read it.
"""

import re
import secrets
from pathlib import Path

from edge.config import Settings
from edge.config.digest import digest
from edge.system.paths import state_directory
from edge.system.state_file import read_state, read_valid, write_durably

_KEY = re.compile(r"[0-9a-f]{64}")


def configuration_hash(settings: Settings) -> str:
    """Return the hash of `settings` on this device; empty where there is no key yet, or this user may not read it."""
    key = _read(_path(state_directory(settings)))
    return digest(settings, key) if key else ""


def make_configuration_hash(settings: Settings) -> str:
    """Return the same; make the key where there is none. If it cannot be stored, it holds for this run."""
    path = _path(state_directory(settings))
    try:
        key = bytes.fromhex(read_valid(path, _KEY.fullmatch))
    except OSError:
        key = b""
    if not key:
        key = secrets.token_bytes(32)
        write_durably(path, key.hex(), mode=0o640)
    return digest(settings, key)


def _path(directory: Path) -> Path:
    return directory / "configuration-key"


def _read(path: Path) -> bytes:
    try:
        text = read_state(path)
    except OSError:
        return b""
    return bytes.fromhex(text) if _KEY.fullmatch(text) else b""
