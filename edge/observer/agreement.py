"""Both processes change their configuration together: the observer when the publisher is ready to, or both stay."""

import logging

from edge.config import Settings
from edge.door.client import DoorClient
from edge.system.configuration_hash import configuration_hash
from edge.system.paths import state_directory
from edge.system.reload import Reload
from edge.system.running import Running, read_note

log = logging.getLogger(__name__)


class Agreement:
    """The observer's part, over all its reloads. It reads what the publisher notes; it tells it by its heartbeats."""

    def __init__(self, door: DoorClient, reload: Reload) -> None:
        self._door = door
        self._reload = reload
        self._in_use: Settings | None = None
        self._former: Settings | None = None
        self._followed = ""
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
        """Read the file again where the publisher uses another configuration; go back where it went back.

        Each configuration of the publisher is tried once.
        """
        note, own = self._note(), configuration_hash(self._settings)
        if note is None or not own or note.publisher == self._followed:
            return
        if own in {note.publisher, note.ready}:
            self._followed = ""
            return
        self._followed = note.publisher
        if self._former is not None and configuration_hash(self._former) == note.publisher:
            log.warning("the publisher went back to the former configuration, and so does the observer")
            self._reload.offer(self._former)
        else:
            log.info("the publisher uses another configuration (%s)", note.publisher)
            self._reload.ask()

    def _note(self) -> Running | None:
        """Return what the publisher notes; None where there is no publisher, or no note that this user may read."""
        return read_note(state_directory(self._settings)) if self._door.is_connected else None

    @property
    def _settings(self) -> Settings:
        assert self._in_use is not None
        return self._in_use
