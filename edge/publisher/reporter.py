"""When the device publishes about itself: `status`, `info`, `health` and `pause`."""

import time
from collections.abc import Callable
from typing import Literal

from edge.contract.records import HEALTH_SECONDS, Health, Heartbeat, Info
from edge.contract.topics import Topics
from edge.mqtt.events import Message

Protocol = Literal["5", "3.1.1"]


class Reporter:
    """Publishes each at every connection, `info` and `pause` again when they changed, `health` again when it is due.

    Without a connection nothing is published and nothing is kept: the next connection begins with the news.
    """

    def __init__(  # noqa: PLR0913 - what it publishes, and through what
        self,
        topics: Topics,
        interval_seconds: float,
        publish: Callable[[Message], None],
        *,
        info: Callable[[], Info],
        health: Callable[[], Health],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed to publish; `info` and `health` return the payloads as they are now."""
        self._topics = topics
        self._interval = interval_seconds
        self._publish = publish
        self._info = info
        self._health = health
        self._monotonic = monotonic
        self._health_due = monotonic() + interval_seconds
        self._published_info = ""
        self._published_pause = ""
        self.protocol: Protocol | None = None
        """Version of MQTT of the connection; None without one."""

    def connected(self, protocol: Protocol) -> None:
        """Publish that the device is online; `info`, `health` and `pause` are the caller's to ask for."""
        self.protocol = protocol
        self._published_info = self._published_pause = ""
        self._publish(Message(self._topics.status, "online", retain=True, name="status"))

    def disconnected(self) -> None:
        """Publish nothing until the next connection."""
        self.protocol = None

    def publish_info(self) -> bool:
        """Publish `info` if it changed; return whether it was published."""
        if self.protocol is None:
            return False
        payload = self._info().model_dump_json(by_alias=True)
        if payload == self._published_info:
            return False
        self._published_info = payload
        self._publish(Message(self._topics.info, payload, retain=True, name="info"))
        return True

    def publish_pause(self, heartbeat: Heartbeat | None) -> None:
        """Publish whether the camera is closed, as the observer says, if that changed."""
        if heartbeat is None or self.protocol is None:
            return
        state = "ON" if heartbeat.camera.state == "paused" else "OFF"
        if state != self._published_pause:
            self._published_pause = state
            self._publish(Message(self._topics.pause, state, retain=True, name="pause"))

    @property
    def is_health_due(self) -> bool:
        """Whether the time for the next `health` has come."""
        return self._monotonic() >= self._health_due

    def publish_health(self) -> None:
        """Publish `health`, now."""
        self._health_due = self._monotonic() + max(HEALTH_SECONDS, self._interval)
        if self.protocol is not None:
            payload = self._health().model_dump_json(by_alias=True)
            self._publish(Message(self._topics.health, payload, qos=0, name="health"))
