"""How a connection to a broker can fail. Each way is a class of its own, so that no code has to read a sentence."""

from typing import Literal

from edge.config import Broker
from edge.errors import Unavailable

Stage = Literal["dns", "tcp", "tls", "websocket", "login", "session"]
"""Where it failed: name, connection, encryption, WebSocket handshake, MQTT's CONNECT, or later."""


class BrokerError(Unavailable):
    """A broker that cannot be used now.

    Attributes:
        broker: the address that was tried.
        stage: where it failed.
        address: IP address of the broker, empty until its name was resolved.
        tls: TLS version in use, empty until the handshake was done.

    """

    stage: Stage = "session"

    def __init__(self, broker: Broker, problem: str, remedy: str, *settings: str) -> None:
        super().__init__(f"broker {broker}", problem, remedy, *settings)
        self.broker = broker
        self.address = ""
        self.tls = ""


class InvalidBrokerName(BrokerError):
    """The host name is malformed."""

    stage: Stage = "dns"


class NameNotResolved(BrokerError):
    """DNS does not know the name, or does not answer."""

    stage: Stage = "dns"


class BrokerRefusedConnection(BrokerError):
    """Nothing listens on that port."""

    stage: Stage = "tcp"


class BrokerUnreachable(BrokerError):
    """The network offers no route to the broker, or cuts the connection."""

    stage: Stage = "tcp"


class BrokerTimeout(BrokerError):
    """The connection was not made within the time allowed; `stage` says how far it came."""

    stage: Stage = "tcp"


class TlsError(BrokerError):
    """What listens there does not speak TLS, or no version of it that is safe."""

    stage: Stage = "tls"


class CertificateExpired(TlsError):
    """The certificate is not valid now, or this device's clock is wrong."""


class CertificateHostMismatch(TlsError):
    """The certificate is for another name."""


class CertificateNotTrusted(TlsError):
    """The certificate is not from a known authority."""


class CertificateNotStrict(CertificateNotTrusted):
    """The certificate, or that of its authority, fails no more than the strict checks of RFC 5280."""

    def __init__(self, broker: Broker, reason: str) -> None:
        """Take OpenSSL's reason; the remedy is complete, as OpenSSL names only the first fault."""
        remedy = (
            "make the CA with basicConstraints=critical,CA:TRUE and keyUsage=critical,keyCertSign,cRLSign, and the "
            "broker's certificate with authorityKeyIdentifier=keyid (deploy/broker does)"
        )
        super().__init__(broker, f"certificate not trusted ({reason})", remedy)
        self._reason = reason

    def accepted(self) -> "CertificateNotStrict":
        """Return the same as a warning about a certificate that was accepted without the strict checks."""
        warning = CertificateNotStrict(self.broker, self._reason)
        warning.problem = f"the certificate is accepted, but fails the checks of RFC 5280 ({self._reason})"
        return warning


class CertificateRefused(TlsError):
    """The broker asks for a certificate of this device, and does not accept what it got."""


class WebSocketError(BrokerError):
    """What listens there does not offer MQTT by WebSocket."""

    stage: Stage = "websocket"


class ConnectCancelled(BrokerError):
    """The attempt was given up on our side; nothing is known of the broker."""

    stage: Stage = "login"


class NoAnswer(BrokerError):
    """The connection stands, and nothing answers CONNECT in time."""

    stage: Stage = "login"


class BrokerHungUp(BrokerError):
    """The connection was closed before CONNECT was answered."""

    stage: Stage = "login"


class NotMqtt(BrokerError):
    """The bytes that arrived are not MQTT."""


class BrokerRefusal(BrokerError):
    """The broker gave a reason code; `code` is its number in MQTT 5, section 2.4."""

    def __init__(self, broker: Broker, code: int, problem: str, remedy: str, *settings: str) -> None:
        super().__init__(broker, problem, remedy, *settings)
        self.code = code


class AuthenticationFailed(BrokerRefusal):
    """The broker rejects the user, the password or the certificate, or its access list does."""


class ProtocolNotSupported(BrokerRefusal):
    """The broker does not speak this version of MQTT."""


class SessionTakenOver(BrokerRefusal):
    """Another client connected under the same id."""


class MessageTooLarge(BrokerError):
    """The broker said that it takes no packet of that size; nothing was sent."""

    def __init__(self, broker: Broker, most: int | None, topic: str, size: int) -> None:
        """Take the most bytes that the broker takes, and how many a message to the topic has."""
        problem = f"takes packets of {most} bytes at most; {topic}"
        super().__init__(broker, f"{problem} has {size}", "raise the broker's largest packet to 16 KiB")
        self._without_size = problem

    @property
    def facts(self) -> tuple[type, str, str, str]:
        """What makes two errors the same: not the size, in which records differ by some bytes."""
        return type(self), self.thing, self._without_size, self.remedy


class BrokerExceeds(BrokerError):
    """The broker sends more than this device takes, so the device ended the connection."""


class ConnectionLost(BrokerError):
    """The connection ended and the broker gave no reason."""


class NotAcknowledged(BrokerError):
    """The broker is alive, and has not acknowledged a message in time."""


class RecordsRefused(BrokerError):
    """The broker refuses every record, and another one is configured."""


class DeviceFault(BrokerError):
    """The device itself cannot use a connection, for want of descriptors or memory; nothing is known of the broker."""

    def __init__(self, broker: Broker, error: OSError) -> None:
        """Take what the kernel said."""
        problem = f"cannot be used by this device ({error.strerror or error})"
        super().__init__(broker, problem, "see LimitNOFILE= of this process, and the free memory")
