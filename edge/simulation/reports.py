"""What a simulated device says about itself: `info`, `health` and whether it is paused."""

import random

from edge import __version__
from edge.config import Settings
from edge.contract.records import HEALTH_SECONDS, Camera, Health, Info, Light, Picture
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.privacy.settings import configured_note
from edge.simulation.school import Trouble
from edge.system.clock import iso

MODEL = "simulated (sha256 000000000000)"
_CONFIGURATION = "0" * 12
_HISTORY_SECONDS = 600
"""Seconds between two health messages of the past: a hub keeps no more of them."""
_CAMERAS: dict[Trouble | None, Camera] = {
    "paused": Camera(state="paused", error=None, restarts=0),
    "no_camera": Camera(state="retrying", error="CameraTimeout", restarts=3),
}


class Reports:
    """The messages of one device that are not records."""

    def __init__(self, settings: Settings, topics: Topics) -> None:
        """Prepare; `settings` hold the id of the device and its room."""
        self._settings = settings
        self._topics = topics
        self._health_at = 0
        self._trouble: Trouble | None = None
        self._ordered = False
        """Whether the pause is by order, and not by the button."""

    def arrival(self, trouble: Trouble | None) -> list[Message]:
        """Return what a device publishes once it is connected; one that is off has published it before."""
        return [
            Message(self._topics.status, "offline" if trouble == "off" else "online", retain=True),
            Message(self._topics.info, _info(self._settings), retain=True),
            self._pause(trouble),
        ]

    def switched(self, now: int, trouble: Trouble | None, *, ordered: bool) -> list[Message]:
        """Return what a device publishes once it has followed an order to pause or to resume."""
        self._ordered = ordered
        return [self._pause(trouble), *self._say_health(now, trouble)]

    def health(self, now: int, trouble: Trouble | None) -> list[Message]:
        """Return `health` where it is due at `now`, seconds since 1970, as a device does it, and at each change."""
        if 0 <= now - self._health_at < HEALTH_SECONDS:
            return self.change(now, trouble)
        return self._say_health(now, trouble)

    def change(self, now: int, trouble: Trouble | None) -> list[Message]:
        """Return `health` where it is another than before, or as old as a history may have it."""
        same = trouble == self._trouble and 0 <= now - self._health_at < _HISTORY_SECONDS
        return [] if same else self._say_health(now, trouble)

    def _say_health(self, now: int, trouble: Trouble | None) -> list[Message]:
        self._health_at, self._trouble = now, trouble
        return [Message(self._topics.health, _health(self._settings, now, trouble, ordered=self._ordered), qos=0)]

    def _pause(self, trouble: Trouble | None) -> Message:
        return Message(self._topics.pause, "ON" if trouble == "paused" else "OFF", retain=True)

    def farewell(self) -> list[Message]:
        """Return what takes everything back that the broker keeps."""
        topics = (self._topics.info, self._topics.pause, self._topics.status)
        return [Message(self._topics.status, "offline"), *(Message(topic, "", retain=True) for topic in topics)]


def _info(settings: Settings) -> str:
    facts = Info(
        device=settings.device.id,
        site=settings.device.site,
        room=settings.device.room,
        version=__version__,
        mode=settings.mode,
        model=None if settings.mode == "presence" else MODEL,
        runtime=None,
        network_isolated=None,
        configuration=_CONFIGURATION,
        board="simulated",
        interval_seconds=settings.interval_seconds,
        privacy=configured_note(settings.privacy),
        mqtt=None,
        last_exit="clean",
    )
    return facts.model_dump_json(by_alias=True)


def _health(settings: Settings, now: int, trouble: Trouble | None, *, ordered: bool) -> str:
    warmth = random.Random(settings.device.id).choice((40.0, 45.0, 50.0, 55.0))  # noqa: S311 - the same at each call
    sees = trouble in {None, "too_dark"}
    picture: Picture = "too_dark" if trouble == "too_dark" else "good"
    light: Light = "too_dark" if trouble == "too_dark" else "good"
    health = Health(
        device=settings.device.id,
        time=iso(now),
        observer="running",
        camera=_CAMERAS.get(trouble, Camera(state="running", error=None, restarts=0)),
        paused_by=["remote" if ordered else "button"] if trouble == "paused" else [],
        frames_per_second=settings.camera.frames_per_second if sees else 0.0,
        seconds_between_scans=settings.vision.scan_seconds,
        light=light if sees else None,
        picture=picture if sees else None,
        observer_resident_megabytes=128,
        publisher_resident_megabytes=32,
        backlog=0,
        dropped=0,
        spool="disk",
        refused_at_door=0,
        refused_commands=0,
        connections=1,
        clock="synced",
        soc_celsius=warmth,
        throttled="0x0",
    )
    return health.model_dump_json(by_alias=True)
