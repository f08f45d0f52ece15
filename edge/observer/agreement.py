"""Both processes change their configuration together: the observer when the publisher is ready to, or both stay."""

import logging
import time
from collections.abc import Callable

from edge.config import Settings
from edge.door.client import DoorClient
from edge.system.configuration_hash import configuration_hash
from edge.system.paths import state_directory
from edge.system.reload import Reload
from edge.system.running import Running, read_note

log = logging.getLogger(__name__)


_PATIENCE_SECONDS = 30.0
"""The publisher may take so long to follow an observer that was started with a changed file."""


class Agreement:
    """The observer's part, over all its reloads. It reads what the publisher notes; it tells it by its heartbeats."""

    def __init__(
        self,
        door: DoorClient,
        reload: Reload,
        substitute: Callable[[], Settings | None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Let `reload` ask this object; `substitute` returns the last good settings, if they may be used."""
        self._door = door
        self._reload = reload
        self._substitute = substitute
        self._monotonic = monotonic
        self._in_use: Settings | None = None
        self._former: Settings | None = None
        self._apart_since: float | None = None
        self._tried = ""
        self._waits_for: Settings | None = None
        reload.may_use = self._may_use
        reload.follow = self._follow

    def use(self, settings: Settings) -> None:
        """Note which settings are in use from now on."""
        if self._in_use is not None and settings is not self._in_use:
            self._former = self._in_use
        self._in_use = settings

    def _may_use(self, new: Settings) -> bool:
        note = self._note()
        wanted = configuration_hash(new)
        if note is None or not wanted or wanted in {note.publisher, note.ready}:
            return True
        if new is not self._waits_for:
            self._waits_for = new
            log.info("the new configuration (%s) waits for the publisher: both change together", wanted)
        return False

    def _follow(self) -> None:
        """Read the file again where the publisher uses another configuration; go back where it keeps the former one.

        Call it at the end of an interval. Each configuration of the publisher is tried once.
        """
        note, own = self._note(), configuration_hash(self._settings)
        if note is None or not own or own in {note.publisher, note.ready}:
            self._apart_since, self._tried = None, ""
            return
        if note.publisher == self._tried:
            return
        former = self._known(note.publisher)
        if former is None:
            self._tried = note.publisher
            log.info("the publisher uses another configuration (%s)", note.publisher)
            self._reload.ask()
            return
        now = self._monotonic()
        self._apart_since = self._apart_since or now
        if now - self._apart_since >= _PATIENCE_SECONDS:
            self._tried = note.publisher
            log.warning("the publisher keeps the former configuration, and the observer goes back to it; see its log")
            self._reload.offer(former)

    def _known(self, configuration: str) -> Settings | None:
        """Return the settings of a hash, if they are those of before or the last good ones."""
        if self._former is not None and configuration_hash(self._former) == configuration:
            return self._former
        last = self._substitute()
        return last if last is not None and configuration_hash(last) == configuration else None

    @property
    def _settings(self) -> Settings:
        assert self._in_use is not None
        return self._in_use

    def _note(self) -> Running | None:
        """Return what the publisher notes; None where there is no publisher, or no note that this user may read."""
        return read_note(state_directory(self._settings)) if self._door.is_connected else None
