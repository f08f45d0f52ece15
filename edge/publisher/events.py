"""What goes into the broker's session and what it reports back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """Something to publish; `token` (if any) comes back when the broker has taken it over."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    token: int | None = None


@dataclass(frozen=True)
class Connected:
    """The broker accepted; `protocol` is 5 or 3.1.1."""

    protocol: str


@dataclass(frozen=True)
class Disconnected:
    """The connection is gone; nothing that was not acknowledged has arrived for sure."""


@dataclass(frozen=True)
class Acknowledged:
    """The broker has the message with this token."""

    token: int


Event = Connected | Disconnected | Acknowledged
