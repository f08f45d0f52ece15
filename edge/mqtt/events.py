"""What goes into the broker's session and what it reports back."""

from dataclasses import dataclass

MAX_INCOMING = 256
"""Bytes of a message that anyone may send to this device; a longer one is cut to one byte more."""


@dataclass(frozen=True)
class Message:
    """Something to publish; `token` (if any) comes back when the broker has taken it over or refused it."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    token: int | None = None


@dataclass(frozen=True)
class Connected:
    """The broker accepted; `protocol` is 5 or 3.1.1, `window` how many messages it takes before it acknowledges one."""

    protocol: str
    window: int = 20


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone; nothing that was not acknowledged has arrived for sure."""


@dataclass(frozen=True)
class Acknowledged:
    """The broker has the message with this token."""

    token: int


@dataclass(frozen=True)
class Refused:
    """The broker has the message with this token and does not want it; the session has said why in the log."""

    token: int


@dataclass(frozen=True)
class Incoming:
    """A message on a topic that was subscribed to: a stranger's bytes; `retained` if the broker had stored it."""

    topic: str
    payload: bytes
    retained: bool


Event = Connected | Disconnected | Acknowledged | Refused | Incoming
