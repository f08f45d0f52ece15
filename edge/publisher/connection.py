"""What is needed to reach the broker, checked before the first attempt, and what its refusals mean."""

import socket
import ssl
from pathlib import Path

from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Mqtt
from edge.errors import ConfigError


def tls_context(settings: Mqtt) -> ssl.SSLContext | None:
    """Return the TLS settings of `settings`, or None for a plain connection.

    Raises:
        ConfigError: a certificate or key cannot be read or is none.

    """
    for key in ("ca_file", "cert_file", "key_file"):
        if path := getattr(settings, key):
            read_file(f"mqtt.{key}", path)
    if not settings.tls:
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if settings.ca_file:
            context.load_verify_locations(settings.ca_file)
    except ssl.SSLError as error:
        raise ConfigError(
            settings.ca_file, f"is no PEM certificate ({error.reason})", "set mqtt.ca_file to the CA's .crt"
        ) from error
    try:
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        problem = f"and {settings.key_file} are no pair of certificate and unencrypted key ({error})"
        raise ConfigError(settings.cert_file, problem, "make them again with deploy/broker") from error
    return context


def password(settings: Mqtt) -> str | None:
    """Return the password that `mqtt.password_file` holds; raise `ConfigError` where it cannot be read."""
    if not settings.password_file:
        return None
    return read_file("mqtt.password_file", settings.password_file).decode(errors="replace").strip()


def read_file(key: str, path: str) -> bytes:
    """Return a file's bytes; raise `ConfigError` that names the key which points to it."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        remedy = f"correct {key}, or let this user read the file"
        raise ConfigError(path, f"cannot be read ({error.strerror})", remedy) from error


def explain(error: OSError, settings: Mqtt) -> str:
    """Return one line for a connection that did not come about."""
    where = f"broker {settings.host}:{settings.port}"
    match error:
        case ssl.SSLCertVerificationError():
            return f"{where}: certificate not trusted ({error.verify_message}); set mqtt.ca_file to its CA"
        case ssl.SSLError():
            return f"{where}: no TLS there ({error.reason}); check port and mqtts://"
        case socket.gaierror():
            return f"{where}: the name cannot be resolved; check mqtt.url and the network"
        case ConnectionRefusedError():
            return f"{where}: connection refused; start the broker, or correct mqtt.url"
        case TimeoutError():
            return f"{where}: no answer within {settings.connect_seconds:g} s; check mqtt.url, firewall and network"
        case _:
            return f"{where}: {error.strerror or error}; check the network"


def explain_refusal(reason: ReasonCode, settings: Mqtt) -> str:
    """Return one line for a broker that answered no."""
    where = f"broker {settings.host}:{settings.port}"
    remedies = {
        "Bad user name or password": "check mqtt.username and mqtt.password_file",
        "Not authorized": "check mqtt.username, mqtt.password_file and the broker's access list",
        "Client identifier not valid": "set device.id to a shorter or simpler name",
        "Session taken over": "another device uses the same id: cloned card? set device.id",
    }
    name = str(reason)
    return f"{where}: refused ({name}); {remedies.get(name, 'see the log of the broker')}"
