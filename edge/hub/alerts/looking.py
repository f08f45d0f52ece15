"""Gathers the facts of a moment from the parts of the hub."""

import time
from collections.abc import Callable

from edge.hub.alerts.certificates import certificates
from edge.hub.alerts.facts import Certificate, DeviceFacts, Facts
from edge.hub.broker.ingest import State
from edge.hub.broker.now import Heard, Now
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database

_CERTIFICATES_SECONDS = 3600.0
_MEGABYTE = 1024 * 1024


class Looking:
    """Belongs to one thread."""

    def __init__(self, settings: HubSettings, database: Database, now: Now, state: Callable[[], State]) -> None:
        self._settings = settings
        self._database = database
        self._now = now
        self._state = state
        self._listening_since: float | None = None
        self._certificates: tuple[Certificate, ...] = ()
        self._looked_at = float("-inf")

    def facts(self) -> Facts:
        """Return what is known now."""
        monotonic, state = time.monotonic(), self._state()
        if not state.connected or state.problem:
            self._listening_since = None
        elif self._listening_since is None:
            self._listening_since = monotonic
        if monotonic - self._looked_at >= _CERTIFICATES_SECONDS:
            self._certificates, self._looked_at = certificates(self._settings), monotonic
        free = self._database.free_bytes()
        return Facts(
            monotonic=monotonic,
            time=time.time(),
            connected=state.connected,
            problem=state.problem,
            listening_seconds=0.0 if self._listening_since is None else monotonic - self._listening_since,
            free_megabytes=None if free is None else free // _MEGABYTE,
            certificates=self._certificates,
            devices=tuple(_device(each) for each in self._now.heard()),
        )


def _device(heard: Heard) -> DeviceFacts:
    health = heard.health
    camera: str | None = None
    if health is not None:
        camera = "the process that reads it gives no sign of life" if health.observer == "silent" else ""
        if health.camera is not None and not camera:
            camera = health.camera.error or ""
    room = "".join(each if each.isprintable() else " " for each in heard.room)  # it becomes the subject of a mail
    backlog = None if health is None else health.backlog
    return DeviceFacts(
        heard.place, room, heard.silent_seconds, camera, backlog, heard.has_spoken, heard.interval_seconds
    )
