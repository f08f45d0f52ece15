"""What the publisher knows of the observer: its latest heartbeat."""

import time
from collections.abc import Callable

from edge.contract.records import Heartbeat

_SILENT_INTERVALS = 3


class ObserverState:
    """The latest heartbeat, and whether the observer is silent: no heartbeat for three intervals."""

    def __init__(self, interval_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._silent_after = _SILENT_INTERVALS * interval_seconds
        self._monotonic = monotonic
        self._heard_at = 0.0
        self.heartbeat: Heartbeat | None = None
        """The latest heartbeat, however old; None before the first."""

    def take(self, heartbeat: Heartbeat) -> bool:
        """Keep a heartbeat; return whether the camera's state or the holders of the pause changed."""
        before, self.heartbeat = self.heartbeat, heartbeat
        self._heard_at = self._monotonic()
        if before is None:
            return True
        return (before.camera.state, before.paused_by) != (heartbeat.camera.state, heartbeat.paused_by)

    @property
    def current(self) -> Heartbeat | None:
        """The latest heartbeat; None while the observer is silent."""
        return self.heartbeat if self._monotonic() - self._heard_at <= self._silent_after else None

    @property
    def summary(self) -> str:
        """A few words for a person: `2.0 fps`, `camera retrying`, `camera silent`."""
        if self.heartbeat is None:
            return "camera silent"
        state = self.heartbeat.camera.state
        return f"{self.heartbeat.frames_per_second} fps" if state == "running" else f"camera {state}"
