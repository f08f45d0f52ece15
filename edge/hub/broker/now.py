"""What is known of each device now, for pages that are opened: a broker keeps no records, and no health."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from edge.contract.reading import Paused, Place, Status, moment, read
from edge.contract.records import Health, Info, PublishedRecord
from edge.hub.people.roles import EVERYTHING, Scope

RETAINED = ("status", "info", "pause")
"""Leaves that the broker keeps: it sends them again at each connection, so they need no database."""
_ALL_SECONDS = 60.0
"""After the first one that it keeps, a broker has sent the others within this time."""


class Removed(NamedTuple):
    """The retained `status` was taken back: the device was decommissioned."""


class Emptied(NamedTuple):
    """Another retained message was taken back; nothing follows from it."""


Content = PublishedRecord | Health | Info | Status | Paused | Removed | Emptied


class News(NamedTuple):
    """A message and the device that sent it."""

    place: Place
    content: Content


class Heard(NamedTuple):
    """How a device is heard.

    Attributes:
        place: its site and its id.
        room: of its latest record or `info`; its id where neither has come.
        silent_seconds: since its latest record or health; what the broker keeps is no sign of life.
        health: the latest one.
        has_spoken: whether a record or health is known; else `silent_seconds` begins where the broker named it.
        interval_seconds: of its records; 0: it has not said so.

    """

    place: Place
    room: str
    silent_seconds: float
    health: Health | None
    has_spoken: bool
    interval_seconds: float


@dataclass
class _Known:
    """What is known of a device.

    Attributes:
        heard: when its latest record or health came, or else when the broker named it; seconds of the monotonic clock.
        has_spoken: whether a record or health is known.
        is_named: whether anything came of it since the hub began; else it is of the history alone.

    """

    heard: float
    has_spoken: bool = False
    is_named: bool = False
    online: bool | None = None
    paused: bool | None = None
    info: Info | None = None
    health: Health | None = None
    record: dict[str, Any] | None = None
    arrived: float = 0.0

    @property
    def room(self) -> str:
        """Where it stands; empty where it has not said so."""
        if self.record is not None:
            return str(self.record["room"])
        return self.info.room if self.info is not None else ""

    def take(self, content: PublishedRecord | Health | Info | Status | Paused, now: float) -> None:
        """Take in what came of it."""
        self.is_named = True
        if isinstance(content, Health | PublishedRecord):
            self.has_spoken, self.heard = True, now
        match content:
            case Status(online):
                self.online = online
            case Paused(paused):
                self.paused = paused
            case Info():
                self.info = content
            case Health():
                self.health = content
            case PublishedRecord():
                if not content.replayed and not self._is_earlier(content):
                    self.record, self.arrived = content.model_dump(by_alias=True), now

    def _is_earlier(self, record: PublishedRecord) -> bool:
        """Return whether it comes before the latest one; by its number, as clocks jump."""
        known = self.record
        return known is not None and record.boot == known["boot"] and record.seq < known["seq"]

    def answer(self, place: Place, now: float, *, whole: bool) -> dict[str, Any]:
        """Return it as JSON has it; not `whole`: the record alone."""
        return {
            "site": place.site,
            "device": place.device,
            "online": self.online if whole else None,
            "paused": self.paused if whole else None,
            "age": self.record and round(now - self.arrived, 1),
            "record": self.record,
            "health": self.health.model_dump(by_alias=True) if self.health and whole else None,
            "info": self.info.model_dump(by_alias=True) if self.info and whole else None,
        }


class Now:
    """For any thread; of so many devices at most."""

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet of `most` devices at most; others are passed over. `monotonic` returns seconds."""
        self._most = most
        self._monotonic = monotonic
        self._named_since: float | None = None
        self._devices: dict[Place, _Known] = {}
        self._lock = threading.Lock()

    def remember(self, records: Iterable[dict[str, Any]]) -> None:
        """Take in the latest records of the history, before anything new comes."""
        seconds, monotonic = time.time(), self._monotonic()
        with self._lock:
            for record in records:
                known = self._known(Place(record["site"], record["device"]))
                if known is not None:
                    known.record, known.has_spoken = record, True
                    known.heard = known.arrived = monotonic - max(0.0, seconds - moment(record["end"]).timestamp())

    def take(self, news: Sequence[News]) -> list[News]:
        """Take messages in; return those that a page can use."""
        with self._lock:
            return [each for each in news if self._take(each)]

    def devices(self, scope: Scope = EVERYTHING) -> list[dict[str, Any]]:
        """Return what is known of each device that may be read; of others in a room that may be read, their records.

        `age` is the time since the record arrived, in seconds. A device of the history alone is left out once the
        broker has named all that it knows: it was decommissioned.
        """
        now = self._monotonic()
        with self._lock:
            all_named = self._named_since is not None and now - self._named_since >= _ALL_SECONDS
            return [
                each.answer(place, now, whole=scope.sees_device(*place))
                for place, each in self._devices.items()
                if each.is_named or not all_named
                if scope.sees_device(*place) or (each.record and scope.sees_room(place.site, each.record["room"]))
            ]

    def heard(self) -> list[Heard]:
        """Return how each device is heard; without those of the history alone, which may have been decommissioned."""
        now = self._monotonic()
        with self._lock:
            return [
                Heard(
                    place,
                    each.room or place.device,
                    now - each.heard,
                    each.health,
                    each.has_spoken,
                    each.info.interval_seconds if each.info else 0.0,
                )
                for place, each in self._devices.items()
                if each.is_named
            ]

    def _known(self, place: Place) -> _Known | None:
        known = self._devices.get(place)
        if known is None and len(self._devices) < self._most:
            known = self._devices[place] = _Known(self._monotonic())
        return known

    def _take(self, news: News) -> bool:
        place, content = news
        match content:
            case Emptied():
                return False
            case Removed():
                return self._devices.pop(place, None) is not None
        known = self._known(place)
        if known is None:
            return False
        now = self._monotonic()
        self._named_since = now if self._named_since is None else self._named_since
        known.take(content, now)
        return True


def read_news(base: str, topic: str, payload: bytes) -> News:
    """Return sender and message; raise `RefusedMessage` where it does not follow the contract.

    Args:
        base: first levels of every topic.
        topic: of the message.
        payload: of the message; an empty one takes a retained message back.

    """
    leaf = topic.rsplit("/", 1)[-1]
    if payload or leaf not in RETAINED:
        return News(*read(base, topic, payload))
    place, _online = read(base, f"{topic.removesuffix(leaf)}status", b"offline")
    return News(place, Removed() if leaf == "status" else Emptied())
