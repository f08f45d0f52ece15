"""Which error it is when a connection does not come about, or when a broker refuses something."""

import enum
import errno
import re
import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType

from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Broker
from edge.mqtt.errors import (
    AuthenticationFailed,
    BrokerError,
    BrokerRefusal,
    BrokerRefusedConnection,
    BrokerTimeout,
    BrokerUnreachable,
    CertificateExpired,
    CertificateHostMismatch,
    CertificateNotStrict,
    CertificateNotTrusted,
    CertificateRefused,
    ConnectionLost,
    DeviceFault,
    NameNotResolved,
    ProtocolNotSupported,
    SessionTakenOver,
    TlsError,
    WebSocketError,
)

_NOT_NOW = frozenset({9, 10, 11, 12})
"""X509_V_ERR_CERT_NOT_YET_VALID, CERT_HAS_EXPIRED, CRL_NOT_YET_VALID, CRL_HAS_EXPIRED of OpenSSL's x509_vfy.h."""
_OTHER_NAME = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH."""

_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, DEPTH_ZERO_SELF_SIGNED_CERT, SELF_SIGNED_CERT_IN_CHAIN,
UNABLE_TO_GET_ISSUER_CERT_LOCALLY, UNABLE_TO_VERIFY_LEAF_SIGNATURE."""
_AROUND_WORDS = re.compile(r"^\[\w+\] | \(\w+\.c:\d+\)$")
"""Library and line that Python's `ssl` puts around OpenSSL's words."""
_STRICT = frozenset(range(80, 95))
"""From X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA to EC_KEY_EXPLICIT_PARAMS: only X509_STRICT of OpenSSL 3 checks them."""


_OF_THIS_DEVICE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


class Reason(enum.IntEnum):
    """Reason codes that have a remedy of their own: MQTT 5, section 2.4. Those of 3.1.1 are translated to these."""

    UNSUPPORTED_PROTOCOL_VERSION = 0x84
    CLIENT_IDENTIFIER_NOT_VALID = 0x85
    BAD_USER_NAME_OR_PASSWORD = 0x86
    NOT_AUTHORIZED = 0x87
    SERVER_UNAVAILABLE = 0x88
    SERVER_BUSY = 0x89
    BANNED = 0x8A
    SESSION_TAKEN_OVER = 0x8E
    TOPIC_NAME_INVALID = 0x90
    PACKET_TOO_LARGE = 0x95
    QUOTA_EXCEEDED = 0x97
    PAYLOAD_FORMAT_INVALID = 0x99
    RETAIN_NOT_SUPPORTED = 0x9A
    QOS_NOT_SUPPORTED = 0x9B
    USE_ANOTHER_SERVER = 0x9C
    SERVER_MOVED = 0x9D
    CONNECTION_RATE_EXCEEDED = 0x9F


_OF_A_MESSAGE = frozenset(
    {
        0x80,  # unspecified error
        0x81,  # malformed packet
        0x82,  # protocol error
        0x83,  # implementation specific error
        0x96,  # message rate too high
        Reason.NOT_AUTHORIZED,
        Reason.TOPIC_NAME_INVALID,
        Reason.PACKET_TOO_LARGE,
        Reason.QUOTA_EXCEEDED,
        Reason.PAYLOAD_FORMAT_INVALID,
        Reason.RETAIN_NOT_SUPPORTED,
        Reason.QOS_NOT_SUPPORTED,
    }
)
_RESTART = "then: systemctl restart emotion-edge-publisher"
"""systemd hands a credential over at the start of the service, and not again."""
_CERTIFICATE_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "EXPIRED": f"renew it (on the broker: emotion-edge-credentials renew), replace the file of {{}}, {_RESTART}",
        "REVOKED": f"get a new certificate, replace the files of {{}} and {{}}, {_RESTART}",
    }
)
"""By a part of the name of the alert."""
_OF_THE_CA = "set {} and {} to a certificate of the CA that the broker trusts"
_AGAIN = ("the next attempt follows by itself",)
_URL = ("correct {}", "mqtt.url")
_REMEDIES: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        Reason.UNSUPPORTED_PROTOCOL_VERSION: ("set {} to a version that the broker speaks", "mqtt.protocol"),
        Reason.CLIENT_IDENTIFIER_NOT_VALID: ("set {} to a shorter or simpler name", "device.id"),
        Reason.BAD_USER_NAME_OR_PASSWORD: ("check {} and {}", "mqtt.username", "mqtt.password_file"),
        Reason.NOT_AUTHORIZED: (
            "check {}, {} and the broker's access list",
            "mqtt.username",
            "mqtt.password_file",
        ),
        Reason.SERVER_UNAVAILABLE: _AGAIN,
        Reason.SERVER_BUSY: _AGAIN,
        Reason.BANNED: ("the broker's operator has to lift the ban",),
        Reason.SESSION_TAKEN_OVER: ("another device uses the same id: cloned card? set {}", "device.id"),
        Reason.TOPIC_NAME_INVALID: ("check {} and {}", "mqtt.base", "device.site"),
        Reason.PACKET_TOO_LARGE: ("raise the broker's largest packet to 16 KiB",),
        Reason.QUOTA_EXCEEDED: ("raise the broker's quota for this device; records wait here",),
        Reason.PAYLOAD_FORMAT_INVALID: ("the broker checks payloads against another schema; records wait here",),
        Reason.RETAIN_NOT_SUPPORTED: ("let the broker take retained messages",),
        Reason.QOS_NOT_SUPPORTED: ("let the broker take QoS 1",),
        Reason.USE_ANOTHER_SERVER: _URL,
        Reason.SERVER_MOVED: _URL,
        Reason.CONNECTION_RATE_EXCEEDED: _AGAIN,
    }
)
_CLASSES: Mapping[int, type[BrokerRefusal]] = MappingProxyType(
    {
        Reason.UNSUPPORTED_PROTOCOL_VERSION: ProtocolNotSupported,
        Reason.BAD_USER_NAME_OR_PASSWORD: AuthenticationFailed,
        Reason.NOT_AUTHORIZED: AuthenticationFailed,
        Reason.SESSION_TAKEN_OVER: SessionTakenOver,
    }
)


def refusal(reason: ReasonCode, broker: Broker, what: str = "refused") -> BrokerRefusal:
    """Return the error for a broker that answered no, or that ended the session with a reason."""
    remedy, *settings = _REMEDIES.get(reason.value, ("see the log of the broker",))
    kind = _CLASSES.get(reason.value, BrokerRefusal)
    return kind(broker, reason.value, f"{what} ({reason})", remedy, *settings)


def may_be_a_message(ended: BrokerError) -> bool:
    """Whether a broker that ended a session in this way may not have liked what was sent."""
    return isinstance(ended, ConnectionLost) or (isinstance(ended, BrokerRefusal) and ended.code in _OF_A_MESSAGE)


def transport_error(error: Exception, broker: Broker, seconds: float) -> BrokerError:
    """Return the error for a connection that did not come about within `seconds`."""
    kind: type[BrokerError]
    remedy = "check {} and the network"
    match error:
        case ssl.SSLCertVerificationError():
            return _certificate_error(error, broker)
        case ssl.SSLError() if "ALERT" in tls_reason(error):
            return tls_alert(error, broker)
        case ssl.SSLError():
            kind, problem = TlsError, f"no TLS there ({tls_reason(error)})"
            remedy = f"check port and {broker.scheme}:// of {{}}"
        case socket.gaierror():
            kind, problem = NameNotResolved, "the name cannot be resolved"
        case ConnectionRefusedError():
            kind, problem, remedy = BrokerRefusedConnection, "connection refused", "start the broker, or correct {}"
        case TimeoutError():
            kind, problem, remedy = BrokerTimeout, f"no answer within {seconds:g} s", "check {}, firewall and network"
        case OSError() if error.errno in _OF_THIS_DEVICE:
            return DeviceFault(broker, error)
        case OSError() if not (broker.websocket and error.errno is None):
            kind, problem = BrokerUnreachable, str(error.strerror or error)
        case _:  # paho parses the answer to a WebSocket's handshake without care: ValueError, LookupError
            kind, problem, remedy = WebSocketError, "no MQTT by WebSocket there", "check port and path of {}"
    return kind(broker, problem, remedy, "mqtt.url")


def tls_reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's name for an error, as TLSV1_ALERT_NO_APPLICATION_PROTOCOL.

    Up to Python 3.13 `reason` is None for that one, and the name has to be made of OpenSSL's words.
    """
    if error.reason:
        return error.reason
    words = _AROUND_WORDS.sub("", str(error.args[-1]) if error.args else "")
    return words.upper().replace(" ", "_") or "no reason"


def tls_alert(error: ssl.SSLError, broker: Broker) -> TlsError:
    """Return the error for a broker that speaks TLS and ends it with an alert, which may come after the handshake."""
    reason = tls_reason(error)
    if "NO_APPLICATION_PROTOCOL" in reason:
        problem = f"offers no such application protocol by TLS ({reason})"
        return TlsError(broker, problem, "correct {}", "mqtt.alpn")
    if "CERTIFICATE" in reason or "UNKNOWN_CA" in reason:
        problem = f"does not accept this device's certificate ({reason})"
        remedy = next((each for name, each in _CERTIFICATE_REMEDIES.items() if name in reason), _OF_THE_CA)
        return CertificateRefused(broker, problem, remedy, "mqtt.cert_file", "mqtt.key_file")
    return TlsError(broker, f"ended TLS ({reason})", "see the log of the broker")


def _certificate_error(error: ssl.SSLCertVerificationError, broker: Broker) -> TlsError:
    reason = error.verify_message
    if error.verify_code in _NOT_NOW:
        return CertificateExpired(broker, reason, "renew the broker's certificate, or check this device's clock")
    if error.verify_code in _OTHER_NAME:
        remedy = "correct {}, or set {} to a name in its certificate"
        return CertificateHostMismatch(broker, reason, remedy, "mqtt.url", "mqtt.tls_server_name")
    if error.verify_code in _STRICT:
        return CertificateNotStrict(broker, reason)
    problem = f"certificate not trusted ({reason})"
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return CertificateNotTrusted(broker, problem, "set {} to its CA", "mqtt.ca_file")
    remedy = "make the broker's certificate and its CA again, see deploy/broker"
    return CertificateNotTrusted(broker, problem, remedy)
