"""Whether a running service has the secrets that are stored now: systemd copies them (LoadCredential=) at its start."""

from collections.abc import Iterable
from pathlib import Path

from edge.config.secret import CREDENTIAL, secret_path
from edge.errors import ConfigError

_COPIES = Path("/run/credentials")


def copy_in_use(unit: str, value: str) -> Path | None:
    """Return the copy of a secret that a service has, where it is another one than the file that is stored now.

    Args:
        unit: of systemd.
        value: of the setting that names the secret; nothing is copied of one that names a path.

    Returns:
        None where both are the same, or one of them cannot be read; only root can read a copy.

    """
    if not value.startswith(CREDENTIAL):
        return None
    copy = _COPIES / unit / value.removeprefix(CREDENTIAL)
    try:
        return None if copy.read_bytes() == secret_path(value, "").read_bytes() else copy
    except (OSError, ConfigError):  # there is no service, no store, or this user may not read them
        return None


def outdated(unit: str, values: Iterable[str]) -> list[str]:
    """Return the names of the secrets of which a service has other copies than those that are stored now."""
    return [value.removeprefix(CREDENTIAL) for value in values if copy_in_use(unit, value)]
