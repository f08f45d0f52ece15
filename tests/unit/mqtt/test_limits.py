"""The size of a message as the broker counts it, and what a broker's limits make of a message."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.events import Message
from edge.mqtt.limits import Limits, packet_bytes
from edge.mqtt.protocol import MQTT_3_1_1, MQTT_5


@pytest.mark.parametrize(
    ("message", "version", "size"),
    [
        # MQTT 5, section 3.3, by hand: header, length, topic, packet id, properties, payload.
        (Message("a/b", "xy"), MQTT_5, 1 + 1 + 2 + 3 + 2 + 1 + 2),
        (Message("a/b", "xy", qos=0), MQTT_3_1_1, 1 + 1 + 2 + 3 + 2),
        (Message("a/ü", "é" * 100), MQTT_5, 1 + 2 + 2 + 4 + 2 + 1 + 200),
        (Message("t", "x" * 121, qos=0), MQTT_5, 1 + 1 + 127 - 2),
        (Message("t", "x" * 124, qos=0), MQTT_5, 1 + 2 + 128),
        (Message("t", "x" * 20_000), MQTT_3_1_1, 1 + 3 + 2 + 1 + 2 + 20_000),
    ],
)
def test_the_size_of_a_packet(message: Message, version: int, size: int) -> None:
    assert packet_bytes(message, version) == size  # type: ignore[arg-type]


def test_limits_are_those_of_connack() -> None:
    said = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    said.ReceiveMaximum, said.MaximumPacketSize, said.RetainAvailable = 3, 2000, 0
    said.MaximumQoS, said.ServerKeepAlive = 0, 10
    limits = Limits.of_connack(said)
    assert limits == Limits(window=3, packet_bytes=2000, retain=False, qos=0, keepalive_seconds=10)
    assert limits.reduce(Message("t", "", retain=True)) == Message("t", "", qos=0)
    assert Limits.of_connack(None) == Limits()
