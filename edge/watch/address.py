"""Which broker to watch: from `--url` and its companions, or from a device's own configuration."""

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from edge.config import Mqtt
from edge.config.file import load
from edge.errors import ConfigError
from edge.mqtt.credentials import Secrets

PASSWORD = "EMOTION_EDGE_PASSWORD"  # noqa: S105 - the name of an environment variable, not a password


def from_config(file: Path) -> Mqtt:
    """Return the broker settings of a configuration file; its errors are the file's."""
    return load(file).mqtt


def from_url(url: str, ca: str, password_file: str, base: str) -> Mqtt:
    """Return broker settings for `mqtt(s)://[user@]host[:port]`.

    Raises:
        ConfigError: the address holds a password, or is none.

    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.password is not None:
        # Every user of this machine can read the command line of every process.
        problem = "holds a password where everybody on this machine can read it"
        raise ConfigError(
            f"{parts.scheme}://{host}", problem, f"use --password-file FILE or the environment {PASSWORD}"
        )
    user = parts.username or ""
    if (password_file or os.environ.get(PASSWORD)) and not user:
        raise ConfigError(url, "has a password and no user", "write mqtts://USER@HOST")
    try:
        return Mqtt(
            url=urlunsplit(parts._replace(netloc=host)),
            username=user,
            password_file=password_file,
            ca_file=ca,
            base=base,
            allow_plaintext=not user,  # a person reads; a password does not travel in the clear
            retry_cap_seconds=15,
        )
    except ValidationError as error:
        if user and parts.scheme in {"mqtt", "ws"}:
            problem = "would send the password unprotected"
            raise ConfigError(
                f"{parts.scheme}://{host}", problem, "use mqtts://, with --ca for a private CA"
            ) from error
        raise ConfigError(f"{parts.scheme}://{host}", "is no broker address", "write mqtts://HOST[:PORT]") from error


def with_environment(secrets: Secrets) -> Secrets:
    """Add the password of the environment, where no file holds one."""
    return secrets if secrets.password is not None else secrets._replace(password=os.environ.get(PASSWORD))


_OPTIONS = {
    "mqtt.url": "--url",
    "mqtt.ca_file": "--ca",
    "mqtt.username": "the user in --url",
    "mqtt.password_file": f"--password-file (or {PASSWORD})",
    "mqtt.tls_server_name": "the host in --url",
    "mqtt.base": "--base",
}


def in_options(line: str) -> str:
    """Return a line that names keys of a configuration with the options in their place."""
    for key, option in _OPTIONS.items():
        line = line.replace(key, option)
    return line
