"""The newest message of each kind from every device."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from edge.contract.reading import Message, Paused, Place, Status, moment
from edge.contract.records import Health, Info, Light, Picture, PublishedRecord

_STALE_INTERVALS = 3
TOO_LITTLE_LIGHT: dict[Light | None, str] = {"dim": "dim light", "too_dark": "too dark"}
BAD_PICTURE: dict[Picture | None, str] = {
    "too_dark": "too dark",
    "out_of_focus": "out of focus",
    "upside_down": "upside down",
    "on_its_side": "on its side",
    "backlit": "against a window",
    "cropped": "cropped",
}
_MOST = 10_000
"""Devices that are kept: a broker's other users cannot fill this machine's memory."""


@dataclass
class Room:
    """One device and the room that it looks at."""

    place: Place
    record: PublishedRecord | None = None
    health: Health | None = None
    info: Info | None = None
    online: bool | None = None
    paused: bool = False

    @property
    def name(self) -> str:
        """The name of the room as the device published it; empty before."""
        message = self.record or self.info
        return message.room if message else ""

    def state(self) -> str:
        """Return `online`, `offline`, `paused`, or `unknown` where no status has arrived."""
        if self.online is None:
            return "unknown"
        return ("paused" if self.paused else "online") if self.online else "offline"

    def camera(self) -> str:
        """Return the state of the camera, or what is wrong with its picture; empty until the device published it."""
        if self.health is None:
            return ""
        if self.health.observer == "silent":
            return "silent"
        camera = self.health.camera
        if camera is None:
            return ""
        if camera.state == "running" and (hindrance := hindrance_of(self.health)):
            return hindrance
        return camera.error or camera.state

    def age(self, now: datetime) -> float | None:
        """Return the seconds since the end of the newest interval, by this machine's clock and the device's."""
        return None if self.record is None else max(0.0, (now - moment(self.record.end)).total_seconds())

    def stale(self, now: datetime) -> bool:
        """Whether three intervals have gone by without a record."""
        if self.record is None:
            return False
        length = (moment(self.record.end) - moment(self.record.start)).total_seconds()
        return (self.age(now) or 0.0) > _STALE_INTERVALS * max(1.0, length)


@dataclass
class Rooms:
    """All devices that published something, up to a bound."""

    devices: dict[Place, Room] = field(default_factory=dict)

    def update(self, place: Place, message: Message) -> None:
        """Store a message; a record that comes before the one shown changes nothing (it comes from a backlog)."""
        room = self.devices.get(place)
        if room is None:
            if len(self.devices) >= _MOST:
                return
            room = self.devices[place] = Room(place)
        match message:
            case PublishedRecord():
                if room.record is None or not _is_earlier(message, room.record):
                    room.record = message
            case Health():
                room.health = message
            case Info():
                room.info = message
            case Status():
                room.online = message.online
            case Paused():
                room.paused = message.paused

    def remove(self, place: Place) -> bool:
        """Forget a device that was decommissioned; return whether it was known."""
        return self.devices.pop(place, None) is not None

    def sorted(self) -> list[Room]:
        """Return all of them by site, room and device."""
        return sorted(self.devices.values(), key=lambda room: (room.place.site, room.name, room.place.device))


def _is_earlier(record: PublishedRecord, shown: PublishedRecord) -> bool:
    """Return whether a record comes before the one shown: by its number, as clocks jump, and between boots by arrival.

    A record that was published late may be of a boot before the one shown.
    """
    if record.boot == shown.boot:
        return record.seq < shown.seq
    return record.replayed and not shown.replayed


def hindrance_of(health: Health) -> str:
    """Return in words why people are hard to see, or cannot be seen; empty where nothing is known to be wrong."""
    return BAD_PICTURE.get(health.picture) or TOO_LITTLE_LIGHT.get(health.light, "")


def now() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)
