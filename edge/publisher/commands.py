"""Commands that arrive through the broker. They can make a device more private, and nothing else."""

import logging
import math
import time
from collections.abc import Callable

from pydantic import ValidationError

from edge.contract.records import PrivacyCommand
from edge.contract.topics import PAUSE_ORDERS, Topics
from edge.mqtt.events import MAX_INCOMING, Incoming
from edge.privacy.settings import PrivacyStore

log = logging.getLogger(__name__)

_QUIET_SECONDS = 60.0
_APART_SECONDS = 1.0
"""What commands changed is stored, and passed on, at most this often: each time costs the disk two writes."""


class Refusals:
    """Counts refusals and logs at most one line a minute, with the number since the last line."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._due = 0.0
        self.count = 0
        """Refusals so far."""
        self._logged = 0

    def note(self, topic: str, problem: str) -> None:
        """Count a refusal; log it unless the last line is less than a minute old."""
        self.count += 1
        if self._monotonic() < self._due:
            return
        log.warning("%s: ignored: %s (%d ignored since the last such line)", topic, problem, self.count - self._logged)
        self._logged = self.count
        self._due = self._monotonic() + _QUIET_SECONDS


class Commands:
    """Executes or refuses the messages on the topics that the device has subscribed to.

    The first command is executed at once. Of those that follow within a second only the outcome is executed, so that
    a flood of commands neither wears out the disk nor delays the records.
    """

    def __init__(
        self,
        topics: Topics,
        privacy_store: PrivacyStore,
        pause: Callable[[bool], None],
        refusals: Refusals | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topics = topics
        self._privacy_store = privacy_store
        self._pause = pause
        self.refusals = refusals or Refusals()
        self._monotonic = monotonic
        self._waiting = False
        self._switched: bool | None = None
        self._due = 0.0

    @property
    def wait(self) -> float:
        """Seconds until `run_due` has something to do."""
        return max(0.0, self._due - self._monotonic()) if self._waiting else math.inf

    def run_due(self) -> bool:
        """Execute what waits, if the last time is long enough ago; return whether it was executed."""
        if not self._waiting or self._monotonic() < self._due:
            return False
        self.execute()
        return True

    def execute(self) -> None:
        """Execute what waits."""
        if self._waiting:
            self._due = self._monotonic() + _APART_SECONDS
            self._waiting = False
            self._privacy_store.save()
            if self._switched is not None:
                self._pause(self._switched)
                self._switched = None

    def take(self, message: Incoming) -> None:
        """Accept a command for `run_due`, or log in one line why not; never raises for what a message holds."""
        if message.retained:
            self.refusals.note(
                message.topic, "a retained command would be repeated at every connect; send it unretained"
            )
        elif len(message.payload) > MAX_INCOMING:
            self.refusals.note(message.topic, f"more than {MAX_INCOMING} bytes")
        elif message.topic == self._topics.pause_set:
            self._switch(message)
        elif message.topic == self._topics.privacy_set:
            self._tighten(message)

    def _switch(self, message: Incoming) -> None:
        wanted = PAUSE_ORDERS.get(message.payload)
        if wanted is None:
            self.refusals.note(message.topic, "neither ON nor OFF")
        else:
            self._switched = wanted
            self._waiting = True

    def _tighten(self, message: Incoming) -> None:
        try:
            command = PrivacyCommand.model_validate_json(message.payload)
        except ValidationError as error:
            self.refusals.note(message.topic, _first(error))
            return
        loosening = self._privacy_store.apply(**command.model_dump(exclude_none=True))
        self._waiting = True
        if loosening:
            self.refusals.note(message.topic, f"would loosen {', '.join(loosening)}, which only the device itself can")


def _first(error: ValidationError) -> str:
    """Return the first problem, without the input: anyone may have sent it, and it must not reach the log."""
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    known = [str(part) for part in problem["loc"] if part in PrivacyCommand.model_fields]
    return " ".join([*known, "is not a value of its range" if known else "is not the JSON of a privacy command"])
