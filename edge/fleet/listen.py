"""Listens to a broker until every device has said what a report needs."""

import threading
import time
from collections.abc import Callable

from edge.contract.reading import Place, RefusedMessage, read
from edge.contract.records import PublishedRecord
from edge.errors import Unavailable
from edge.fleet.gaps import Gaps
from edge.watch.feed import Feed
from edge.watch.rooms import Room, Rooms

_WAIT_SECONDS = 0.25
_SETTLE_SECONDS = 2.0
"""After the subscriptions: retained `status`, `info` and `pause` have come by then."""


class Listener:
    """Hears all devices of a broker for some time.

    Attributes:
        rooms: the latest messages of each device.
        gaps: numbers of records that were left out.
        seconds: for how long it has listened, from the subscriptions on.

    """

    def __init__(self, feed: Feed, base: str) -> None:
        """Prepare; `base`: first levels of every topic."""
        self.rooms = Rooms()
        self.gaps = Gaps()
        self.seconds = 0.0
        self._feed = feed
        self._base = base

    def listen(
        self, expected: set[Place], seconds: float, stop: threading.Event, progress: Callable[[int, int], None]
    ) -> None:
        """Listen until every device that is online has published its facts, a record and its health.

        Args:
            expected: devices that there should be; they are waited for.
            seconds: it ends then at the latest.
            stop: set to end it before.
            progress: called with the devices that are complete, and with all that are known.

        Raises:
            BrokerError: the broker was not reached in that time.
            Unavailable: the same, before the first attempt had ended.

        """
        feed = self._feed
        end = time.monotonic() + seconds
        feed.start(lambda _line: None)
        try:
            while not stop.is_set() and time.monotonic() < end:
                self._take()
                places = expected | set(self.rooms.devices)
                done = sum(_is_complete(self.rooms.devices.get(place)) for place in places)
                progress(done, len(places))
                settled = feed.heard_at is not None and time.monotonic() - feed.heard_at > _SETTLE_SECONDS
                if settled and places and done == len(places):
                    break
        finally:
            feed.close()
            self.seconds = 0.0 if feed.heard_at is None else time.monotonic() - feed.heard_at
        if feed.heard_at is None and not stop.is_set():
            raise feed.error or Unavailable("report", "the broker has not answered yet", "allow it more --seconds")

    def _take(self) -> None:
        """Wait briefly for messages, and keep those that have come."""
        for topic, payload in self._feed.take(_WAIT_SECONDS):
            self._keep(topic, payload)

    def _keep(self, topic: str, payload: bytes) -> None:
        try:
            place, message = read(self._base, topic, payload)
        except RefusedMessage:
            return  # `watch` and the hub count those
        self.rooms.update(place, message)
        if isinstance(message, PublishedRecord):
            self.gaps.take(place, message)


def _is_complete(room: Room | None) -> bool:
    """Return whether nothing more is to be expected of a device soon."""
    if room is None:
        return False
    if room.online is False:
        return True
    return None not in (room.online, room.info, room.health) and (room.record is not None or room.paused)
