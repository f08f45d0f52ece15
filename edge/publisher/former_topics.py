"""A device that was renamed removes the retained messages under its former name."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

from edge.contract.topics import Topics
from edge.mqtt.events import Message, Question, Retained
from edge.mqtt.withholding import REMOVAL
from edge.publisher.reporter import Protocol
from edge.system.identity import PUBLISHED_AS
from edge.system.state_file import read_valid, write_durably

log = logging.getLogger(__name__)

_ROOT = r"[^+#\s\x00-\x1f\x7f-\x9f\ufffd]{1,128}(/[^/+#\s\x00-\x1f\x7f-\x9f\ufffd]{1,64}){2}"
"""`BASE/SITE/DEVICE`; a damaged byte is read as U+FFFD."""
_LEAVES = ("status", "info", "pause")
_FIRST_TOKEN = -100
"""Records have positive tokens."""
_LOOK, _LOOK_AGAIN = -1, -2
_WILL_SECONDS = 960.0
"""The last will of a device that vanished comes after one and a half times its keep-alive, which is 600 s at most."""
_MOST_ATTEMPTS = 3
"""Some brokers disconnect a client that writes to a topic without rights, or reads it."""


def published_as(directory: Path) -> Path:
    """Return the file with the first levels of the topics that were last published to."""
    return directory / PUBLISHED_AS


def retained_topics(root: str) -> tuple[str, ...]:
    """Return the topics below `root` whose messages the broker retains."""
    return tuple(f"{root}/{leaf}" for leaf in _LEAVES)


def is_used_by_another(status: bytes | None) -> bool:
    """Whether another device publishes under a former name of this one, by what the broker retains as its `status`.

    This device cannot be online there: its own goodbye or last will has said `offline`. So the card was copied, or the
    id was given to another device.
    """
    return status == b"online"


class FormerTopics:
    """Publishes empty retained messages to the former topics, until the broker has acknowledged each.

    Before that it looks whether another device uses the former name now: then it leaves everything there.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what it removes, and through what
        self,
        directory: Path,
        topics: Topics,
        publish: Callable[[Message], None],
        ask: Callable[[Question], None],
        discovery: str = "",
        on_settled: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what is needed to remove; `on_settled` is called when there is nothing left to do under a former name.

        `discovery` is the topic by which the former name was announced to Home Assistant; empty where it was not.
        """
        self._file = published_as(directory)
        self._root = topics.status.removesuffix("/status")
        self._publish = publish
        self._ask = ask
        self._discovery = discovery
        self._on_settled = on_settled
        self._former = read_former_topics(directory)
        self._waiting: set[int] = set()
        self._attempts = 0
        self._is_told = True
        """Whether the broker says what it refuses: not with MQTT 3.1.1."""
        self._was_read = False
        """Whether something that it retains came, so that this device may read it."""

    def connected(self, protocol: Protocol) -> None:
        """Look what is left under the former name, to remove it."""
        self._waiting.clear()
        if not self._former or self._former == self._root:
            self._without_former()
            return
        if self._attempts >= _MOST_ATTEMPTS:
            self._give_up("cannot be removed (each of several connections ended before that was done)")
            return
        self._attempts += 1
        self._is_told = protocol == "5"
        self._ask(Question(self._topics, _LOOK, (f"{self._former}/status", b"online"), _WILL_SECONDS))

    def answered(self, answer: Retained) -> None:
        """Remove what the broker retains, unless another device uses the name; or take note that it is removed."""
        if self._former == self._root:
            return
        self._was_read = self._was_read or bool(answer.found)
        if answer.token == _LOOK_AGAIN:
            self._check(answer)
        elif not answer.readable:
            self._give_up(
                "stay, as this device may not read them, and so cannot know whether another one has this name"
            )
        elif is_used_by_another(answer.found.get(f"{self._former}/status")):
            self._give_up(
                "stay, as its status is online: another device publishes under it; was this card copied, or the id "
                "given to another device?"
            )
        else:
            self._waiting = {_FIRST_TOKEN - number for number in range(len(self._topics))}
            for token, topic in zip(sorted(self._waiting), self._topics, strict=True):
                self._publish(Message(topic, "", retain=True, token=token, name=REMOVAL))

    def acknowledged(self, token: int) -> bool:
        """Return whether a token is of a removal; note the new name when all are done."""
        if token not in self._waiting:
            return False
        self._waiting.discard(token)
        if not self._waiting and self._is_told:
            self._removed()
        elif not self._waiting:
            self._ask(Question(self._topics, _LOOK_AGAIN))
        return True

    def refused(self, token: int) -> bool:
        """Return whether a token is of a removal; the device has no rights there, so it is not tried again."""
        if token not in self._waiting:
            return False
        self._give_up("cannot be removed (the broker refuses it)")
        return True

    @property
    def _topics(self) -> tuple[str, ...]:
        """All that may be retained under the former name."""
        return (*retained_topics(self._former), *filter(None, [self._discovery]))

    def _without_former(self) -> None:
        """There is no former name to ask after; an announcement of another device cannot be judged without it."""
        if self._discovery:
            log.warning(
                "%s: this announcement to Home Assistant is of another name, and stays; if no device has that name any "
                "more, on the broker run: mosquitto_sub -W 3 --remove-retained -t '%s'",
                self._discovery,
                self._discovery,
            )
        if self._discovery or not self._former:
            self._settle()

    def _check(self, answer: Retained) -> None:
        """Judge by what is still there: MQTT 3.1.1 acknowledges what the access list drops."""
        if answer.found:
            self._give_up("are still there (with MQTT 3.1.1 a broker acknowledges what its access list drops)")
        elif self._was_read:
            self._removed()
        else:
            self._give_up("may still be there (with MQTT 3.1.1 the broker does not say whether it removed them)")

    def _removed(self) -> None:
        log.info("%s: the retained messages under this former name are removed", self._former)
        self._settle()

    def _give_up(self, problem: str) -> None:
        self._waiting.clear()
        log.warning(
            "%s: the retained messages under this former name %s; if no device has this name any more, on the broker "
            "run: mosquitto_sub -W 3 --remove-retained -t '%s/#'%s",
            self._former,
            problem,
            self._former,
            f" -t '{self._discovery}'" if self._discovery else "",
        )
        self._settle()

    def _settle(self) -> None:
        """Go on under the new name alone."""
        self._discovery = ""
        self._on_settled()
        self._former = self._root
        write_durably(self._file, self._root)


def read_former_topics(directory: Path) -> str:
    """Return the first levels of the topics that were last published to; empty where these are not known."""
    try:
        return read_valid(published_as(directory), re.compile(_ROOT).fullmatch)
    except OSError:
        return ""
