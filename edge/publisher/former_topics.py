"""A device that was renamed removes the retained messages under its former name."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.mqtt.withholding import REMOVAL
from edge.system.identity import PUBLISHED_AS
from edge.system.state_file import read_valid, write_durably

log = logging.getLogger(__name__)

_ROOT = r"[^+#\s\x00-\x1f\x7f-\x9f\ufffd]{1,128}(/[^/+#\s\x00-\x1f\x7f-\x9f\ufffd]{1,64}){2}"
"""`BASE/SITE/DEVICE`; a damaged byte is read as U+FFFD."""
_LEAVES = ("status", "info", "pause")
_FIRST_TOKEN = -100
"""Records have positive tokens."""
_MOST_ATTEMPTS = 3
"""Some brokers disconnect a client that writes to a topic without rights."""


def published_as(directory: Path) -> Path:
    """Return the file with the first levels of the topics that were last published to."""
    return directory / PUBLISHED_AS


def retained_topics(root: str) -> tuple[str, ...]:
    """Return the topics below `root` whose messages the broker retains."""
    return tuple(f"{root}/{leaf}" for leaf in _LEAVES)


class FormerTopics:
    """Publishes empty retained messages to the former topics, until the broker has acknowledged each."""

    def __init__(self, directory: Path, topics: Topics, publish: Callable[[Message], None]) -> None:
        self._file = published_as(directory)
        self._root = topics.status.removesuffix("/status")
        self._publish = publish
        self._former = read_former_topics(directory)
        self._waiting: set[int] = set()
        self._attempts = 0

    def connected(self) -> None:
        """Remove what is left under the former name."""
        if not self._former:
            self._note()
        if self._former == self._root:
            return
        if self._attempts >= _MOST_ATTEMPTS:
            self._give_up("the broker has ended the connection each time")
            return
        self._attempts += 1
        topics = retained_topics(self._former)
        self._waiting = {_FIRST_TOKEN - number for number in range(len(topics))}
        for token, topic in zip(sorted(self._waiting), topics, strict=True):
            self._publish(Message(topic, "", retain=True, token=token, name=REMOVAL))

    def acknowledged(self, token: int) -> bool:
        """Return whether a token is of a removal; note the new name when all are done."""
        if token not in self._waiting:
            return False
        self._waiting.discard(token)
        if not self._waiting:
            log.info("%s: the retained messages under this former name are removed", self._former)
            self._note()
        return True

    def refused(self, token: int) -> bool:
        """Return whether a token is of a removal; the device has no rights there, so it is not tried again."""
        if token not in self._waiting:
            return False
        self._give_up("the broker refuses it")
        return True

    def _give_up(self, reason: str) -> None:
        self._waiting.clear()
        log.warning(
            "%s: the retained messages under this former name cannot be removed (%s); on the broker run: "
            "mosquitto_sub -W 3 --remove-retained -t '%s/#'",
            self._former,
            reason,
            self._former,
        )
        self._note()

    def _note(self) -> None:
        self._former = self._root
        write_durably(self._file, self._root)


def read_former_topics(directory: Path) -> str:
    """Return the first levels of the topics that were last published to; empty where these are not known."""
    try:
        return read_valid(published_as(directory), re.compile(_ROOT).fullmatch)
    except OSError:
        return ""
