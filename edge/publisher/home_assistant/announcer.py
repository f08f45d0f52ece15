"""When the device is announced to Home Assistant, and when the announcement is removed."""

import logging
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

from edge.config import HomeAssistant
from edge.contract.topics import Topics
from edge.mqtt.events import Incoming, Message
from edge.publisher.home_assistant.discovery import accepts
from edge.system.state_file import read_valid, remove, write_durably

log = logging.getLogger(__name__)

_BIRTH = b"online"
_JITTER_SECONDS = 2.0
"""A whole fleet answers a Home Assistant that starts: the answers are spread over this time."""
_REMOVED_SECONDS = 60.0
"""After this time a connection has carried what was sent at its start: the session ends one that has not."""

_DISCOVERY = re.compile(r"[^+#\s\x00-\x1f\x7f-\x9f\ufffd]{1,128}/device/[A-Za-z0-9_-]{1,64}/config")
"""A topic of Home Assistant's discovery; a damaged byte is read as U+FFFD."""


def announced(directory: Path) -> Path:
    """Return the file with the topic of the last announcement; there is no such file where there was none."""
    return directory / "home-assistant"


class Announcer:
    """Announces at each connect, at each start of Home Assistant, and when something changed.

    Where the configuration has discovery off, or another topic, it removes the former announcement; one of a former id
    is `FormerTopics`' to remove, as another device may have that id now.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - whom it announces, and through what
        self,
        settings: HomeAssistant,
        topics: Topics,
        device: str,
        directory: Path,
        payload: Callable[[], str],
        publish: Callable[[Message], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed to announce; `payload` returns the announcement as it is now."""
        self._topics = topics
        self._file = announced(directory)
        self._payload = payload
        self._publish = publish
        self._monotonic = monotonic
        self._former = read_announced(directory)
        self._on = settings.discovery and accepts(device)
        self._due: float | None = None
        self._removed_at: float | None = None
        self._announced = ""
        if settings.discovery and not self._on:
            log.warning(
                "home_assistant: device id %r is not announced, as Home Assistant takes only letters, digits, _ and -; "
                "set device.id to such a name, or home_assistant.discovery = false",
                device,
            )

    @property
    def topics(self) -> tuple[str, ...]:
        """What has to be subscribed to."""
        return (self._topics.home_assistant,) if self._on else ()

    @property
    def of_former_id(self) -> str:
        """Topic of the last announcement where that was of another id; else empty."""
        return "" if id_of(self._former) in {"", id_of(self._topics.discovery)} else self._former

    def forget_former_id(self) -> None:
        """Note that the announcement of the former id is no longer this device's to remove."""
        if self.of_former_id:
            self._forget()

    def connected(self) -> None:
        """Announce, or remove an announcement that should not be there."""
        self._announced = ""
        if self._former and not self.of_former_id and (not self._on or self._former != self._topics.discovery):
            self._publish(Message(self._former, "", retain=True))
            self._removed_at = self._monotonic()
        self.announce()

    def disconnected(self) -> None:
        """Forget what is due: the next connection begins with an announcement."""
        self._due = self._removed_at = None

    def takes(self, message: Incoming) -> bool:
        """Return whether a message is Home Assistant's; its start is answered within 2 s."""
        if message.topic != self._topics.home_assistant:
            return False
        if message.payload == _BIRTH and self._due is None:
            self._due = self._monotonic() + random.uniform(0, _JITTER_SECONDS)  # noqa: S311 - jitter
        return True

    def announce(self) -> None:
        """Announce if the payload changed; call it only while connected."""
        if not self._on:
            return
        payload = self._payload()
        if payload != self._announced:
            self._announced = payload
            self._publish(Message(self._topics.discovery, payload, retain=True, name="discovery"))
        if self._former != self._topics.discovery and self._removed_at is None and not self.of_former_id:
            self._note()

    def run_due(self) -> bool:
        """Announce or remove what is due; return whether Home Assistant has just started and needs `health`."""
        now = self._monotonic()
        if self._removed_at is not None and now > self._removed_at + _REMOVED_SECONDS:
            self._removed_at = None
            self._forget()
        if self._due is not None and now >= self._due:
            self._due = None
            self._announced = ""
            self.announce()
            return True  # it has read the retained announcement, so its entities are there and have no value yet
        return False

    def _forget(self) -> None:
        """Note that the former announcement is done with."""
        if self._on:
            self._note()
        else:
            self._former = ""
            remove(self._file)

    def _note(self) -> None:
        self._former = self._topics.discovery
        write_durably(self._file, self._former)

    @property
    def wait(self) -> float:
        """Seconds until `run_due` has something to do."""
        return float("inf") if self._due is None else max(0.0, self._due - self._monotonic())


def id_of(topic: str) -> str:
    """Return the id in a topic of discovery, `PREFIX/device/ID/config`; empty where there is none."""
    return topic.split("/")[-2] if topic else ""


def read_announced(directory: Path) -> str:
    """Return the topic of the last announcement; empty where there was none, or its note is damaged."""
    try:
        return read_valid(announced(directory), _DISCOVERY.fullmatch)
    except OSError:
        return ""
