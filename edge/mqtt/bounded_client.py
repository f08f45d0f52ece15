"""A client whose memory no broker can fill: what it reads, and what it owes an answer, has a bound."""

import socket
from typing import Any, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import MessageType
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.events import MAX_PACKET, MAX_UNACKNOWLEDGED
from edge.mqtt.protocol import MQTT_5, Version

_CHUNK = 16_384
"""Bytes that are read at once: paho asks for a whole packet, and Python reserves memory for all that is asked for."""
_MAX_FRAME = 1 << 20
"""Bytes of a WebSocket frame, which may hold many packets: paho keeps a frame until its last byte is read."""
_MAX_HANDSHAKE = 16_384
"""Bytes of the answer to a WebSocket handshake."""
_MAX_CONTROL = 4096
"""Bytes of a packet that is no message: paho makes an object of 2 KiB of each byte of some."""
_MAX_ANSWERS = 1000
"""Answers that may wait for a broker that sends and does not read."""
_QOS_2 = 0x04


class BoundError(OSError):
    """The broker sends more than a bound allows; paho then reports a lost connection."""


class BoundedClient(paho.Client):
    """Reads at most `MAX_PACKET` bytes of a message and cuts the rest off; refuses other packets that are long.

    A message is cut, not refused, because the broker sends a retained one again at every connect.

    Attributes:
        breach: why this client ended the connection; None where it did not.

    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - paho's
        self.breach: BoundError | None = None
        super().__init__(*arguments, **options)

    # paho has no public place to bound what it reads.
    def _create_socket(self) -> Any:  # noqa: ANN401 - paho's type
        connection = super()._create_socket()
        wrapped = getattr(connection, "_socket", None)
        if isinstance(wrapped, _Handshake):  # it is done
            cast("Any", connection)._socket = wrapped.connection  # noqa: SLF001 - paho keeps it there
        return connection

    def _sock_recv(self, bufsize: int) -> bytes:
        packet = self._in_packet
        excess = _excess_of_packet(packet["command"], packet["remaining_length"] if packet["have_remaining"] else 0)
        if len(getattr(self._sock, "_readbuffer", b"")) > _MAX_FRAME:
            excess = f"sends a WebSocket frame of more than {_MAX_FRAME} bytes"
        if len(self._out_packet) > _MAX_ANSWERS and self._answers() > _MAX_ANSWERS:
            excess = "sends and does not read the answers"
        if excess:
            self.breach = BoundError(excess)
            raise self.breach
        del packet["packet"][MAX_PACKET:]
        return super()._sock_recv(min(bufsize, _CHUNK))

    def _answers(self) -> int:
        return sum(each["command"] & 0xF0 != MessageType.PUBLISH for each in self._out_packet)


class _Handshake:
    """The socket of a WebSocket until its handshake is done: paho reads any number of bytes as the answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._left = _MAX_HANDSHAKE

    def recv(self, size: int) -> bytes:
        """Receive; raise OSError once the answer is too long."""
        data = self.connection.recv(size)
        self._left -= len(data)
        if self._left < 0:
            msg = "the answer to the WebSocket handshake is too long"
            raise OSError(msg)
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a socket has
        return getattr(self.connection, name)


def bound_handshake(connection: Any) -> Any:  # noqa: ANN401 - a TCP or TLS socket, of paho's types
    """Return a socket for paho's WebSocket handshake that bounds the answer."""
    return _Handshake(cast("socket.socket", connection))


def connect_properties(version: Version, session_seconds: int) -> Properties | None:
    """Return the properties of CONNECT, to which a broker of MQTT 5 keeps: Maximum Packet Size, and of a session."""
    if version != MQTT_5:
        return None
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = MAX_PACKET
    if session_seconds:
        properties.SessionExpiryInterval = session_seconds
        properties.ReceiveMaximum = MAX_UNACKNOWLEDGED
    return properties


def _excess_of_packet(command: int, remaining: int) -> str:
    """Return what is wrong with the packet that begins so; empty: nothing."""
    if command & 0xF0 == MessageType.PUBLISH:
        return "sends a message of QoS 2, which nobody asked for" if command & _QOS_2 else ""
    return f"sends a packet of {remaining} bytes; {_MAX_CONTROL} are allowed" if remaining > _MAX_CONTROL else ""
