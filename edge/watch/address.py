"""Which broker to watch: from `--url` and its companions, or from a device's own configuration."""

import os
from pathlib import Path
from urllib.parse import unquote

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

    No error repeats any part of `url`: an unescaped character splits a password, and a part of it then looks like a
    host or a port.

    Raises:
        ConfigError: the address holds a password, or is not an address.

    """
    scheme, _, rest = url.partition("://")
    user, host = _split_user(rest)
    if (password_file or os.environ.get(PASSWORD)) and not user:
        raise ConfigError("--url", "names no user, but a password is given", "write mqtts://USER@HOST")
    try:
        return Mqtt(
            url=f"{scheme}://{host}",
            username=unquote(user),
            password_file=password_file,
            ca_file=ca,
            base=base,
            allow_plaintext=not user,  # reading needs no secret; a password must not be sent without TLS
            retry_cap_seconds=15,
        )
    except ValidationError as error:
        if user and scheme in {"mqtt", "ws"}:
            remedy = "use mqtts://, with --ca for a private CA"
            raise ConfigError("--url", "would send the password unprotected", remedy) from error
        raise ConfigError("--url", "is not a broker address", "write mqtts://HOST[:PORT]") from error


def _split_user(rest: str) -> tuple[str, str]:
    """Return user and host of an address without its scheme; raise ConfigError where there is a password."""
    user, at, host = rest.rpartition("@")
    if not at:
        return "", rest
    if ":" in user:
        # Every user of this machine can read the command line of every process.
        problem = "holds a password, and every user of this machine can read it there"
        raise ConfigError("--url", problem, f"use --password-file FILE or the environment {PASSWORD}")
    if any(mark in user for mark in "/?#"):
        raise ConfigError("--url", "has an @ that does not end the user", "write mqtts://USER@HOST, with %40 for @")
    return user, host


def with_environment(secrets: Secrets) -> Secrets:
    """Add the password of the environment, where no file holds one."""
    return secrets if secrets.password is not None else secrets._replace(password=os.environ.get(PASSWORD))


OPTIONS = {
    "mqtt.url": "--url",
    "mqtt.ca_file": "--ca",
    "mqtt.username": "the user in --url",
    "mqtt.password_file": f"--password-file (or {PASSWORD})",
    "mqtt.tls_server_name": "the host in --url",
    "mqtt.base": "--base",
    "device.site": "--site",
}
"""Options in place of keys of the configuration, for errors."""
