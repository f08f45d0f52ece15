"""What the broker may ask of a device: to be more private. Nothing else is fused_probability, whoever sends it."""

import logging
import time
from collections.abc import Callable

from pydantic import ValidationError

from edge.contract.records import PrivacyCommand
from edge.contract.topics import Topics
from edge.mqtt.events import MAX_INCOMING, Incoming
from edge.privacy.settings import PrivacyStore

log = logging.getLogger(__name__)

_SWITCH = {b"ON": True, b"OFF": False}
_QUIET_SECONDS = 60.0


class Refusals:
    """One log line a minute, however many refusals; the next one says how many there were."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._due = 0.0
        self.count = 0
        """Refusals so far."""
        self._told = 0

    def note(self, topic: str, problem: str) -> None:
        """Count a refusal, and say so unless another was told less than a minute ago."""
        self.count += 1
        if self._monotonic() < self._due:
            return
        log.warning("%s: ignored: %s (%d ignored since the last such line)", topic, problem, self.count - self._told)
        self._told = self.count
        self._due = self._monotonic() + _QUIET_SECONDS


class Commands:
    """Takes what arrives on the topics that the device listens to."""

    def __init__(
        self,
        topics: Topics,
        privacy_store: PrivacyStore,
        pause: Callable[[bool], None],
        refusals: Refusals | None = None,
    ) -> None:
        self._topics = topics
        self._privacy_store = privacy_store
        self._pause = pause
        self.refusals = refusals or Refusals()

    def take(self, message: Incoming) -> None:
        """Do as told, or say in one line why not; never raises for what a message holds."""
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
        wanted = _SWITCH.get(message.payload)
        if wanted is None:
            self.refusals.note(message.topic, "neither ON nor OFF")
        else:
            self._pause(wanted)

    def _tighten(self, message: Incoming) -> None:
        try:
            command = PrivacyCommand.model_validate_json(message.payload)
        except ValidationError as error:
            self.refusals.note(message.topic, _first(error))
            return
        loosening = self._privacy_store.apply(**command.model_dump(exclude_none=True))
        if loosening:
            self.refusals.note(message.topic, f"would loosen {', '.join(loosening)}, which only the device itself can")


def _first(error: ValidationError) -> str:
    """Return the first problem without the input, which is a stranger's."""
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    known = [str(part) for part in problem["loc"] if part in PrivacyCommand.model_fields]
    return " ".join([*known, "is not a value of its range" if known else "is not the JSON of a privacy command"])
