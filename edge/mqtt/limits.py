"""What a broker allows on a connection, as its CONNACK says: MQTT 5, section 3.2.2.3."""

from dataclasses import dataclass, replace
from typing import Any, Self

from edge.mqtt.events import Message
from edge.mqtt.protocol import MQTT_5, Version

_WINDOW = 20
"""Messages without acknowledgement, unless the broker allows fewer."""
_SEVEN_BITS = 7


@dataclass(frozen=True)
class Limits:
    """The values of a broker that says nothing are the defaults.

    Attributes:
        window: Receive Maximum: messages before it acknowledges one.
        packet_bytes: Maximum Packet Size; None: no limit is known.
        retain: Retain Available.
        qos: Maximum QoS; this product needs 1.
        keepalive_seconds: Server Keep Alive; None: ours holds.

    """

    window: int = _WINDOW
    packet_bytes: int | None = None
    retain: bool = True
    qos: int = 1
    keepalive_seconds: int | None = None

    @classmethod
    def of_connack(cls, properties: Any) -> Self:  # noqa: ANN401 - paho's; None with MQTT 3.1.1
        """Return the limits in the properties of CONNACK."""
        # Session Expiry needs no attention: each connection begins a new session.
        return cls(
            window=min(_WINDOW, getattr(properties, "ReceiveMaximum", _WINDOW)),
            packet_bytes=getattr(properties, "MaximumPacketSize", None),
            retain=bool(getattr(properties, "RetainAvailable", 1)),
            qos=min(1, getattr(properties, "MaximumQoS", 1)),
            keepalive_seconds=getattr(properties, "ServerKeepAlive", None),
        )

    def reduce(self, message: Message) -> Message:
        """Return a message as the broker takes it: with a lower QoS, or not retained."""
        return replace(message, qos=min(message.qos, self.qos), retain=message.retain and self.retain)

    def excess(self, message: Message, version: Version) -> int | None:
        """Return how many bytes a message has as a packet where the broker takes fewer; None where it fits."""
        size = packet_bytes(message, version)
        return size if self.packet_bytes is not None and size > self.packet_bytes else None


def packet_bytes(message: Message, version: Version) -> int:
    """Return how many bytes PUBLISH has for a message: MQTT 5, section 3.3."""
    topic, payload = (len(part.encode()) for part in (message.topic, message.payload))
    packet_id = 2 if message.qos else 0
    properties = 1 if version == MQTT_5 else 0
    remaining = 2 + topic + packet_id + properties + payload
    length = max(1, -(-remaining.bit_length() // _SEVEN_BITS))
    return 1 + length + remaining
