"""Asks the enrolment server for a certificate, again and again, until somebody has approved it or it is refused."""

import platform
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from edge.card.device import key
from edge.card.device.clock import wait_until_right
from edge.card.device.pinned import Answer, ask
from edge.card.device.state import Card, State
from edge.errors import ConfigError, Unavailable
from edge.system.backoff import Backoff

_LONGEST_SECONDS = 60.0


class Refused(ConfigError):
    """The server will not give a certificate for this code."""


class Issued(NamedTuple):
    """What the server gave: PEM texts, and the broker's address."""

    certificate: str
    ca: str
    broker_url: str


class Conversation:
    """With the enrolment server of a card."""

    def __init__(
        self, state: State, card: Card, say: Callable[[str], None], pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Talk for `card`; `say` takes a line for the journal, `pause` waits so many seconds."""
        self._state = state
        self._card = card
        self._say_line = say
        self._pause = pause
        self._said = ""

    def reach(self) -> None:
        """Return when the server answers and this clock agrees with its; raise `EdgeError` where that cannot be."""
        self._server_time()
        self._say(f"the enrolment server {self._card.server} answers")
        wait_until_right(self._server_time, self._say, pause=self._pause)

    def certificate(self) -> Issued:
        """Return the certificate, once it was approved.

        Raises:
            Refused: the code is wrong, was used by another device, or has expired.
            WrongServer: somebody else answers.

        """
        path = self._state.credential("key")
        key.make_key(path)
        body = self._request(path)
        backoff = Backoff(_LONGEST_SECONDS)
        while True:
            answer = self._ask("/v1/enrol", body)
            if answer.status == HTTPStatus.OK:
                return self._checked(answer, path)
            if answer.status == HTTPStatus.FORBIDDEN:
                detail = str(answer.body.get("detail", "the server gives no reason"))
                raise Refused(f"the code of {self._card.host}", detail, "write the card anew: emotion-edge card")
            self._say_state(answer)
            if answer.status == HTTPStatus.ACCEPTED:
                backoff.reset()
            self._pause(answer.retry_seconds * 0.8 + backoff.next())

    def _request(self, path: Path) -> dict[str, Any]:
        return {
            "code": self._card.code,
            "host": self._card.host,
            "device_id": self._card.device_id,
            "csr": key.request(path),
            "host_keys": self._state.host_keys(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", "")[:100],
            "machine": platform.machine(),
        }

    def _say_state(self, answer: Answer) -> None:
        if answer.status == HTTPStatus.ACCEPTED:
            self._say(f"waiting for approval; on the server: emotion-edge enrol --approve {self._card.host}")
        else:
            self._say(f"the enrolment server answers {answer.status}: {answer.body.get('detail', 'no reason')}")

    def _checked(self, answer: Answer, path: Path) -> Issued:
        texts = [str(answer.body.get(name, "")) for name in Issued._fields]
        if not all(texts) or not key.belongs(texts[0], path):
            problem = "gave a certificate that is not that of this device's key"
            raise Unavailable(self._card.server, problem, "this device tries again; look at the log of the server")
        return Issued(*texts)

    def _server_time(self) -> datetime | None:
        return self._ask("/v1/time").date

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        """Ask until there is an answer: the network of a new device may come late."""
        backoff = Backoff(_LONGEST_SECONDS)
        while True:
            try:
                return ask(self._card.server, self._card.fingerprint, path, body)
            except Unavailable as error:
                self._say(str(error))
                self._pause(backoff.next())

    def _say(self, line: str) -> None:
        """Log a line, once as long as nothing else happens."""
        if line != self._said:
            self._say_line(line)
            self._said = line
