"""What is published, and what comes back: from one connection, and from the session above it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.mqtt.errors import BrokerRefusal

MAX_INCOMING = 256
"""Bytes of a message that anyone may send to this device; a session cuts a longer one to one byte more."""


MAX_PACKET = 16_384
"""Bytes of a packet that a broker may send; with MQTT 5 it is asked to keep to that."""
MAX_UNACKNOWLEDGED = 500
"""Messages that a broker may send before one is acknowledged, where a client acknowledges by itself."""


@dataclass(frozen=True)
class Message:
    """Something to publish.

    Attributes:
        topic: where.
        payload: what.
        qos: at most; a broker may take less.
        retain: whether the broker is asked to keep it.
        token: comes back when the broker has acknowledged or refused it; None: nothing comes back.
        name: of what the device publishes about itself; a broker's limits may cause such a message to be withheld.

    """

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    token: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class Question:
    """Asks what a broker retains.

    Attributes:
        topics: on which topics; no wildcards.
        token: comes back with the answer.
        until_changed: a topic and a payload; where the broker retains that, the answer waits until it changes.
        patience: the answer waits for a change at most so many seconds.

    """

    topics: tuple[str, ...]
    token: int
    until_changed: tuple[str, bytes] | None = None
    patience: float = 0.0


@dataclass(frozen=True)
class Retained:
    """The answer to a question.

    Attributes:
        token: of the question.
        found: the start of what is retained, by topic. A topic that is not there holds nothing, or may not be read by
            this device: some brokers, such as Mosquitto, grant a subscription and send nothing.
        readable: whether the broker granted the topics.

    """

    token: int
    found: Mapping[str, bytes]
    readable: bool = True


@dataclass(frozen=True)
class Connected:
    """The broker accepted; `protocol` is 5 or 3.1.1, `window` how many messages it takes before it acknowledges one."""

    protocol: str
    window: int = 20


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone; a message that was not acknowledged may or may not have arrived."""


@dataclass(frozen=True)
class Acknowledged:
    """The broker has the message with this token."""

    token: int


@dataclass(frozen=True)
class Unheard:
    """The broker has the message with this token, and nobody who subscribed to it: MQTT 5, PUBACK 0x10."""

    token: int


@dataclass(frozen=True)
class Refused:
    """The broker refused the message with this token; the session has logged the reason."""

    token: int


@dataclass(frozen=True)
class Incoming:
    """A message on a topic that was subscribed to: untrusted bytes; `retained` if the broker had stored it.

    `packet_id` and `qos` are those by which it came, for its acknowledgement.
    """

    topic: str
    payload: bytes
    retained: bool
    packet_id: int = field(default=0, compare=False)
    qos: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Withheld:
    """The broker does not take a message of this name; it is not published on this connection."""

    name: str


Event = Connected | Disconnected | Acknowledged | Unheard | Refused | Incoming | Withheld | Retained
"""What a session reports."""


@dataclass(frozen=True)
class Published:
    """The broker has answered the message with this packet id.

    Attributes:
        packet_id: of the message.
        error: why the broker refused it; None where it did not.
        unheard: whether nobody had subscribed to it; only brokers of MQTT 5 say that.

    """

    packet_id: int
    error: BrokerRefusal | None
    unheard: bool = False


@dataclass(frozen=True)
class Subscribed:
    """The broker has answered a subscription.

    Attributes:
        granted: whether it granted each topic, in the order of the request.
        packet_id: of the request.

    """

    granted: tuple[bool, ...]
    packet_id: int = field(default=0, compare=False)


ConnectionEvent = Published | Subscribed | Incoming
"""What a connection reports."""
