"""What it means where a connection does not come about or a broker says no."""

import socket
import ssl

from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Broker, Mqtt


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
