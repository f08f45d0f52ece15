"""Roles, and what each person or screen may read."""

from dataclasses import dataclass
from typing import Literal

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.role import Role
from edge.hub.store.history import Room

Kind = Role | Literal["screen", "local"]
"""`screen`: by a read-only token. `local`: this machine, while no account exists."""


@dataclass(frozen=True)
class Scope:
    """What may be read.

    Attributes:
        everything: whether there is no limit.
        sites: whole sites.
        devices: single devices.
        rooms: those in which these devices stand now.

    """

    everything: bool = False
    sites: frozenset[str] = frozenset()
    devices: frozenset[Place] = frozenset()
    rooms: frozenset[Room] = frozenset()

    def sees_room(self, site: str, room: str) -> bool:
        """Return whether a room may be read."""
        return self.everything or site in self.sites or Room(site, room) in self.rooms

    def sees_device(self, site: str, device: str) -> bool:
        """Return whether a device may be read."""
        return self.everything or site in self.sites or Place(site, device) in self.devices

    def sees(self, place: Place, message: object) -> bool:
        """Return whether a message of a device may be read; of another device in an own room its records."""
        if self.sees_device(place.site, place.device):
            return True
        return isinstance(message, PublishedRecord) and self.sees_room(place.site, message.room)


EVERYTHING = Scope(everything=True)


@dataclass(frozen=True)
class Person:
    """Who asks.

    Attributes:
        name: of the account or token; empty for `local`.
        kind: the role.
        scope: what may be read.
        csrf: what a request that changes something has to repeat; None where nothing may be changed.
        secret: hash by which the session is stored; None where there is no session.

    """

    name: str
    kind: Kind
    scope: Scope
    csrf: str | None = None
    secret: str | None = None

    def pauses(self, place: Place) -> bool:
        """Return whether the person may pause and resume a device."""
        return self.kind == "admin" or (self.kind == "teacher" and place in self.scope.devices)

    @property
    def marks(self) -> bool:
        """Whether the person may set marks in the rooms that are read."""
        return self.kind in {"teacher", "head", "admin"}

    @property
    def devices(self) -> list[str]:
        """Names of the person's devices; empty where the rights are not by device."""
        return sorted(place.device for place in self.scope.devices)


LOCAL = Person("", "local", EVERYTHING)
