"""Files that hold a secret, by path or handed over by systemd."""

import os
from pathlib import Path

from edge.config.text import NotText, decode
from edge.errors import ConfigError

CREDENTIAL = "credential:"
"""Begins the name of a file that systemd hands over (LoadCredential=)."""


def secret_path(value: str, key: str) -> Path:
    """Return where the file of a setting is: `credential:NAME` is one that systemd hands over.

    Args:
        value: of the setting.
        key: its name, such as mqtt.password_file.

    Raises:
        ConfigError: systemd has handed over no credentials.

    """
    if not value.startswith(CREDENTIAL):
        return Path(value)
    if "CREDENTIALS_DIRECTORY" not in os.environ:
        name = value.removeprefix(CREDENTIAL)
        remedy = "set LoadCredential={}:FILE in the unit, or {} to a path"
        raise ConfigError(value, "no credentials were handed over by systemd", remedy, name, key)
    return Path(os.environ["CREDENTIALS_DIRECTORY"]) / value.removeprefix(CREDENTIAL)


def read_secret(value: str, key: str) -> bytes:
    """Return the bytes of a setting's file; raise `ConfigError` that names the key where that cannot be read."""
    file = secret_path(value, key)
    try:
        return file.read_bytes()
    except OSError as error:
        remedy = "correct {}, or let this user read the file"
        if value.startswith(CREDENTIAL):
            remedy = "set {} to a name that the unit has in LoadCredential=, and store the file in /etc/credstore"
        raise ConfigError(file, f"cannot be read ({error.strerror})", remedy, key) from error


def read_password(value: str, key: str) -> str:
    """Return the password in a setting's file, without the blanks and the end of line that an editor leaves around it.

    Raises:
        ConfigError: the file cannot be read, is empty, or holds more than one line of UTF-8.

    """
    file = secret_path(value, key)
    try:
        password = decode(read_secret(value, key)).strip()
    except NotText as error:
        raise ConfigError(file, error.problem, error.remedy.format(file)) from error
    if not password:
        raise ConfigError(file, "is empty", "write the password into it, or remove {}", key)
    if len(password.splitlines()) > 1:
        raise ConfigError(file, "holds more than one line", "leave nothing in it but the password")
    return password
