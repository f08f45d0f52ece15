"""A session under test."""

import queue
import time

from edge.config import Mqtt
from edge.mqtt.events import Event, Message
from edge.mqtt.session import Session
from tests.conftest import SECONDS


class Peer:
    """A session with what it reported."""

    def __init__(self, port: int, **settings: object) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        values = {"url": f"mqtt://127.0.0.1:{port}", "retry_cap_seconds": 1, "connect_seconds": 5} | settings
        will = Message("status", "offline", retain=True)
        self.session = Session(Mqtt.model_validate(values), "emotion-edge-test", will, self.events.put)
        self.session.start()

    def next(self, kind: type[Event]) -> Event:
        deadline = time.monotonic() + SECONDS
        while not isinstance(event := self.events.get(timeout=max(0.01, deadline - time.monotonic())), kind):
            pass
        return event

    def stop(self) -> None:
        self.session.stop(Message("status", "offline", retain=True))
