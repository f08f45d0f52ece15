"""What is needed to reach the broker, checked before the first attempt, and what its refusals mean."""

import os
import socket
import ssl
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import CREDENTIAL, Broker, Mqtt
from edge.errors import ConfigError


class _NamedContext(ssl.SSLContext):
    """Asks for, and checks, another name than that of the address."""

    server_name = ""

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:  # noqa: ANN401 - the standard library's
        if self.server_name:
            named["server_hostname"] = self.server_name
        return super().wrap_socket(*arguments, **named)


class Secrets(NamedTuple):
    """What a broker is shown, as the files held it when they were read."""

    tls: ssl.SSLContext | None
    password: str | None


def read_secrets(settings: Mqtt) -> Secrets:
    """Return the TLS context and the password of `settings`.

    Raises:
        ConfigError: a certificate, key or password file cannot be used.

    """
    return Secrets(tls_context(settings), password(settings))


def new_client(
    settings: Mqtt, secrets: Secrets, broker: Broker, client_id: str, protocol: MQTTProtocolVersion
) -> paho.Client:
    """Return a client for one connection to `broker`, without history: paho re-sends nothing on its own."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=protocol,
        clean_session=None if protocol == MQTTProtocolVersion.MQTTv5 else True,
        reconnect_on_failure=False,
        transport="websockets" if broker.websocket else "tcp",
    )
    client.ws_set_options(broker.path)
    client.connect_timeout = settings.connect_seconds
    if settings.username:
        client.username_pw_set(settings.username, secrets.password)
    if secrets.tls is not None and broker.tls:
        client.tls_set_context(secrets.tls)
    return client


def tls_context(settings: Mqtt) -> ssl.SSLContext | None:
    """Return the TLS settings of `settings`, or None where no broker is reached by TLS.

    Raises:
        ConfigError: a certificate or key cannot be read or is none.

    """
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(settings, key):
            read_file(settings, key)
    if not any(broker.tls for broker in settings.brokers):
        return None
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = settings.tls_server_name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = ssl.create_default_context().verify_flags
    ca, cert, private_key = (path(settings, name) for name in ("ca_file", "cert_file", "key_file"))
    try:
        if settings.ca_file:
            context.load_verify_locations(ca)
        else:
            context.load_default_certs()
    except ssl.SSLError as error:
        raise ConfigError(ca, f"is no PEM certificate ({error.reason})", "set mqtt.ca_file to the CA's .crt") from error
    try:
        if settings.cert_file:
            context.load_cert_chain(cert, private_key, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        problem = f"and {private_key} are no pair of certificate and unencrypted key ({error})"
        raise ConfigError(cert, problem, "make them again with deploy/broker") from error
    return context


def password(settings: Mqtt) -> str | None:
    """Return the password that `mqtt.password_file` holds; raise `ConfigError` where it cannot be read."""
    if not settings.password_file:
        return None
    return read_file(settings, "password_file").decode(errors="replace").strip()


def path(settings: Mqtt, key: str) -> Path:
    """Return where the file of a setting is: `credential:NAME` is one that systemd hands over.

    Raises:
        ConfigError: systemd has handed over no credentials.

    """
    value: str = getattr(settings, key)
    if not value.startswith(CREDENTIAL):
        return Path(value)
    if "CREDENTIALS_DIRECTORY" not in os.environ:
        name = value.removeprefix(CREDENTIAL)
        remedy = f"set LoadCredential={name}:FILE in the unit, or mqtt.{key} to a path"
        raise ConfigError(value, "no credentials were handed over by systemd", remedy)
    return Path(os.environ["CREDENTIALS_DIRECTORY"]) / value.removeprefix(CREDENTIAL)


def read_file(settings: Mqtt, key: str) -> bytes:
    """Return a file's bytes; raise `ConfigError` that names the key which points to it."""
    file = path(settings, key)
    try:
        return file.read_bytes()
    except OSError as error:
        remedy = f"correct mqtt.{key}, or let this user read the file"
        raise ConfigError(file, f"cannot be read ({error.strerror})", remedy) from error


def explain(error: OSError, broker: Broker, settings: Mqtt) -> str:  # noqa: PLR0911 - a table with patterns
    """Return one line for a connection that did not come about."""
    where = f"broker {broker}"
    match error:
        case ssl.SSLCertVerificationError(verify_message=reason) if "expired" in reason or "not yet valid" in reason:
            return f"{where}: {reason}; renew the broker's certificate, or check this device's clock"
        case ssl.SSLCertVerificationError(verify_message=reason) if "mismatch" in reason:
            return f"{where}: {reason}; correct mqtt.url, or set mqtt.tls_server_name to a name in its certificate"
        case ssl.SSLCertVerificationError():
            return f"{where}: certificate not trusted ({error.verify_message}); set mqtt.ca_file to its CA"
        case ssl.SSLError():
            return f"{where}: no TLS there ({error.reason}); check port and {broker.scheme}://"
        case socket.gaierror():
            return f"{where}: the name cannot be resolved; check mqtt.url and the network"
        case ConnectionRefusedError():
            return f"{where}: connection refused; start the broker, or correct mqtt.url"
        case TimeoutError():
            return f"{where}: no answer within {settings.connect_seconds:g} s; check mqtt.url, firewall and network"
        case ConnectionError() if broker.websocket and error.errno is None:
            return f"{where}: no MQTT by WebSocket there; check port and path of mqtt.url"
        case _:
            return f"{where}: {error.strerror or error}; check the network"


_REMEDIES = {
    "Bad user name or password": "check mqtt.username and mqtt.password_file",
    "Not authorized": "check mqtt.username, mqtt.password_file and the broker's access list",
    "Client identifier not valid": "set device.id to a shorter or simpler name",
    "Session taken over": "another device uses the same id: cloned card? set device.id",
    "Banned": "the broker's operator has to lift it",
    "Server busy": "it is tried again later",
    "Server unavailable": "it is tried again later",
    "Quota exceeded": "raise the broker's quota for this device; records wait here",
    "Payload format invalid": "the broker checks payloads against another schema; records wait here",
    "Topic name invalid": "check mqtt.base and device.site",
    "Connection rate exceeded": "it is tried again later",
    "Use another server": "correct mqtt.url",
    "Server moved": "correct mqtt.url",
    "Packet too large": "raise the broker's largest packet to 16 KiB",
}


def explain_refusal(reason: ReasonCode, broker: Broker, what: str = "refused") -> str:
    """Return one line for a broker that answered no, or that ended the session by name."""
    name = str(reason)
    return f"broker {broker}: {what} ({name}); {_REMEDIES.get(name, 'see the log of the broker')}"
