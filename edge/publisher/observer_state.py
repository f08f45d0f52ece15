"""What the publisher believes of the observer: its heartbeats, as coarse and as often as a person needs them."""

import math
import time
from collections.abc import Callable

from edge.config import Settings
from edge.contract.records import Camera, Heartbeat, PausedBy
from edge.publisher.rate_limit import RateLimit

_SILENT_INTERVALS = 3
NEWS_A_SECOND = 1 / 180
NEWS_AT_ONCE = 10.0
_RESERVED = 4.0
"""Of these, so many are not for `picture`: a camera at a window changes it often, and must not delay a pause."""
DETAILS_A_SECOND = 1 / 300
DETAILS_AT_ONCE = 5.0
SHARES = 4
"""Frames per second are published in quarters of the configured ones."""
SLOWER = (1, 2, 4, 8, 16)
"""Times between two scans are published as one of these multiples of the configured one."""
MEGABYTES = 32
"""Memory is published in multiples of this, up to sixteen of them."""
_MOST_MEGABYTES = 16 * MEGABYTES
_MOST_RESTARTS = 3
"""Restarts of the camera that are believed from one heartbeat to the next that is published."""

_DETAILS = ("frames_per_second", "seconds_between_scans", "light", "resident_megabytes")
"""What changes by itself. The rest is news: camera, picture, who pauses it, and what the observer runs."""


class ObserverState:
    """The heartbeat that is published, and whether the observer is silent: no heartbeat for three intervals.

    News and details are taken over at whole seconds of this process's clock only, and only so often: a compromised
    observer has little to say by what it reports, and nothing by when.
    """

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._heard_at = monotonic()
        self._latest: Heartbeat | None = None
        self._restarts = 0
        self._due = 0.0
        self._details_due = 0.0
        self._news = RateLimit(NEWS_A_SECOND, NEWS_AT_ONCE, monotonic)
        self._details = RateLimit(DETAILS_A_SECOND, DETAILS_AT_ONCE, monotonic)
        self.heartbeat: Heartbeat | None = None
        """The published heartbeat, however old; None before the first."""

    def take(self, heartbeat: Heartbeat) -> None:
        """Keep a heartbeat until `poll`."""
        before = self._latest.camera.restarts if self._latest else 0
        more = max(0, heartbeat.camera.restarts - before)
        self._restarts = min(_MOST_RESTARTS, self._restarts + more)
        self._latest = heartbeat
        now = self._monotonic()
        self._heard_at = now
        if self._due <= now:
            self._due = math.floor(now) + 1.0

    def poll(self) -> bool:
        """Take over what is new, if it is time; return whether there is news."""
        now = self._monotonic()
        if self._latest is None or now < self._due:
            return False
        self._due = math.floor(now) + 1.0
        wanted = self._coarse(self._latest)
        if self.heartbeat is None:
            self._publish(wanted)
            return True
        old = {name: getattr(self.heartbeat, name) for name in _DETAILS}
        news = wanted.model_copy(update=old)
        reserve = _RESERVED if news.model_copy(update={"picture": self.heartbeat.picture}) == self.heartbeat else 0.0
        if news != self.heartbeat and self._news.allows(reserve):
            self._news.spend()
            self._publish(news)
            return True
        if now >= self._details_due:
            self._details_due = now + self._settings.interval_seconds
            self._refresh(wanted)
        return False

    @property
    def wait(self) -> float:
        """Seconds until `poll` may have something to do."""
        return max(0.0, self._due - self._monotonic()) if self._latest is not None else math.inf

    @property
    def current(self) -> Heartbeat | None:
        """The published heartbeat; None while the observer is silent."""
        return None if self._is_silent else self.heartbeat

    def may_use(self, configuration: str) -> bool:
        """Return whether the observer uses a configuration, or cannot say so: it is silent, or reads no state file.

        Args:
            configuration: its hash.

        """
        if self._is_silent:
            return True
        return self.heartbeat is not None and self.heartbeat.configuration in {"", configuration}

    @property
    def _is_silent(self) -> bool:
        return self._monotonic() - self._heard_at > _SILENT_INTERVALS * self._settings.interval_seconds

    @property
    def summary(self) -> str:
        """A few words for a person: `2.0 fps`, `camera retrying`, `camera silent`."""
        if self.heartbeat is None:
            return "camera silent"
        state = self.heartbeat.camera.state
        return f"{self.heartbeat.frames_per_second} fps" if state == "running" else f"camera {state}"

    def _publish(self, heartbeat: Heartbeat) -> None:
        self.heartbeat = heartbeat
        self._restarts = 0

    def _refresh(self, wanted: Heartbeat) -> None:
        assert self.heartbeat is not None
        details = {name: getattr(wanted, name) for name in _DETAILS}
        refreshed = self.heartbeat.model_copy(update=details)
        if refreshed != self.heartbeat and self._details.wait <= 0:
            self._details.spend()
            self.heartbeat = refreshed

    def _coarse(self, latest: Heartbeat) -> Heartbeat:
        """Return a heartbeat with its words as they are and its numbers rounded."""
        known = self.heartbeat.camera.restarts if self.heartbeat else 0
        error = latest.camera.error if latest.camera.state == "retrying" else None
        return latest.model_copy(
            update={
                "boot": "00000000",
                "monotonic": 0.0,
                "picture": latest.picture if latest.camera.state == "running" else None,
                "camera": Camera(state=latest.camera.state, error=error, restarts=known + self._restarts),
                "paused_by": PausedBy.model_validate(latest.paused_by.model_dump()),
                "frames_per_second": _share(latest.frames_per_second, self._settings.camera.frames_per_second),
                "seconds_between_scans": _slower(latest.seconds_between_scans, self._settings.vision.scan_seconds),
                "resident_megabytes": min(
                    MEGABYTES * math.ceil(latest.resident_megabytes / MEGABYTES), _MOST_MEGABYTES
                ),
            }
        )


def _share(rate: float, configured: float) -> float:
    """Return a rate in quarters of the configured one."""
    return round(min(SHARES, round(SHARES * rate / configured)) * configured / SHARES, 1)


def _slower(seconds: float, configured: float) -> float:
    """Return the smallest multiple of the configured time that is not shorter, or the largest."""
    multiples = [round(configured * factor, 1) for factor in SLOWER]
    return next((multiple for multiple in multiples if multiple >= seconds), multiples[-1])
