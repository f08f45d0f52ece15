"""When Home Assistant is told of the device, and when that is taken back."""

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

from edge.config import HomeAssistant
from edge.contract.topics import Topics
from edge.mqtt.events import Incoming, Message
from edge.publisher.home_assistant.discovery import accepts
from edge.system.state_file import write_durably

log = logging.getLogger(__name__)

_BIRTH = b"online"
_JITTER_SECONDS = 2.0
"""A Home Assistant that starts is answered by a whole fleet: spread over so long."""
_REMOVED_SECONDS = 60.0
"""A connection that stood so long has carried what was sent at its beginning: the session ends one that does not."""


def announced(directory: Path) -> Path:
    """Return the file that holds the topic on which the device was announced last; missing where it was not."""
    return directory / "home-assistant"


class Announcer:
    """Sends the discovery at each connect, at each birth of Home Assistant, and when it changed; else takes it back."""

    def __init__(  # noqa: PLR0913, PLR0917 - who it speaks for, and through what
        self,
        settings: HomeAssistant,
        topics: Topics,
        device: str,
        directory: Path,
        payload: Callable[[], str],
        publish: Callable[[Message], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed to send; `payload` returns the discovery as it would be sent now."""
        self._topics = topics
        self._file = announced(directory)
        self._payload = payload
        self._publish = publish
        self._monotonic = monotonic
        self._former = _read(self._file)
        self._on = settings.discovery and accepts(device)
        self._due: float | None = None
        self._removed_at: float | None = None
        self._told = ""
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

    def connected(self) -> None:
        """Announce, or take back an announcement that should not be there."""
        self._told = ""
        if self._former and (not self._on or self._former != self._topics.discovery):
            self._publish(Message(self._former, "", retain=True))
            self._removed_at = self._monotonic()
        self.tell()

    def disconnected(self) -> None:
        """Forget what was to be sent: the next connection begins with it."""
        self._due = self._removed_at = None

    def hears(self, message: Incoming) -> bool:
        """Whether a message is Home Assistant's; its birth is answered after up to 2 s."""
        if message.topic != self._topics.home_assistant:
            return False
        if message.payload == _BIRTH and self._due is None:
            self._due = self._monotonic() + random.uniform(0, _JITTER_SECONDS)  # noqa: S311 - jitter
        return True

    def tell(self) -> None:
        """Announce if that would say something new; only while connected."""
        if not self._on:
            return
        payload = self._payload()
        if payload != self._told:
            self._told = payload
            self._publish(Message(self._topics.discovery, payload, retain=True))
        if self._former != self._topics.discovery and self._removed_at is None:
            self._former = self._topics.discovery
            write_durably(self._file, self._former)

    def run_due(self) -> bool:
        """Send what is due; return whether a Home Assistant that was born waits for health."""
        now = self._monotonic()
        if self._removed_at is not None and now > self._removed_at + _REMOVED_SECONDS:
            self._removed_at = None
            self._former = ""
            self._file.unlink(missing_ok=True)
            self.tell()
        if self._due is not None and now >= self._due:
            self._due = None
            self._told = ""
            self.tell()
            return True  # its entities are there since it read the retained discovery, and know no value yet
        return False

    @property
    def wait(self) -> float:
        """Seconds until `run_due` has something to do."""
        return float("inf") if self._due is None else max(0.0, self._due - self._monotonic())


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
