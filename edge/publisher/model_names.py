"""Which models an observer may name: what this device's files say, never free text."""

import hashlib
import itertools
import logging
import time
from collections.abc import Callable, Iterator

from edge.config import SHIPPED_MODELS, Settings
from edge.errors import UnusableCascade, UnusableModel
from edge.model.cascade import cascade_file
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from edge.publisher.rate_limit import RateLimit

log = logging.getLogger(__name__)

_CHANGES_A_SECOND = 1 / 3600
_CHANGES_AT_ONCE = 3.0
_REREAD_SECONDS = 60.0


class ModelNames:
    """The name that the first heartbeat gives stays, until the observer is started with another of the known models."""

    def __init__(
        self,
        settings: Settings,
        former: Settings | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the names.

        Args:
            settings: in use.
            former: in use before, so that records of that time still come; None where there were none.
            monotonic: CLOCK_MONOTONIC in seconds.

        """
        self._settings = (settings, former) if former else (settings,)
        self._monotonic = monotonic
        self._known = self._read()
        self._read_at = monotonic()
        self._changes = RateLimit(_CHANGES_A_SECOND, _CHANGES_AT_ONCE, monotonic)
        self._pinned = ""

    def knows(self, name: str) -> bool:
        """Whether a message may name this model; a change of the name is allowed three times, then once an hour."""
        if name == self._pinned:
            return True
        if name not in self._known and not self._found_again(name):
            return False
        if self._pinned:
            if self._changes.wait > 0:
                return False
            self._changes.spend()
        self._pinned = name
        return True

    def _found_again(self, name: str) -> bool:
        """Read the files again, as after an update without a restart; at most once a minute."""
        if self._monotonic() - self._read_at < _REREAD_SECONDS:
            return False
        self._read_at = self._monotonic()
        self._known = self._read()
        return name in self._known

    def _read(self) -> frozenset[str]:
        return frozenset(itertools.chain.from_iterable(map(_names, self._settings)))


def _names(settings: Settings) -> Iterator[str]:
    """Yield what records may name: the shipped models, the configured one, and the face detector."""
    for model in dict.fromkeys((settings.vision.model, *SHIPPED_MODELS)):
        try:
            yield read_metadata(model_path(model)).model_name
        except UnusableModel as error:
            if model == settings.vision.model and settings.mode == "emotions":
                log.warning("%s; until then records of this model are dropped", error)
    if settings.vision.detector == "yunet":
        yield f"yunet (sha256 {settings.vision.yunet_sha256[:12]})"
        return
    try:
        digest = hashlib.sha256(cascade_file(settings.vision.cascade).read_bytes()).hexdigest()
    except (OSError, UnusableCascade) as error:
        if settings.mode == "presence":
            log.warning("vision.cascade: %s; until then records of presence mode are dropped", error)
        return
    yield f"haar-cascade (sha256 {digest[:12]})"
