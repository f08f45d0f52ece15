"""From frames to people: one frame at a time, at the configured pace."""

import logging
import time
from collections.abc import Callable

from edge.camera.camera import CameraControl
from edge.camera.sources.base import Luma
from edge.config import Settings
from edge.contract.records import Picture
from edge.counting.interval import IntervalCounter
from edge.system.once import StateLogger
from edge.system.sensors import seconds_since_start, soc_celsius, throttled
from edge.vision.picture_check import PictureCheck
from edge.vision.pipeline import Pipeline
from edge.vision.throttle import throttle

log = logging.getLogger(__name__)

_CATCH_UP_SECONDS = 0.25
"""Frames that were missed for longer than this are not made up for."""
_TROUBLE: dict[Picture, str] = {
    "too_dark": "too dark to find faces: frames are not analysed until there is more light",
    "out_of_focus": "out of focus: faces cannot be found; focus or clean the lens",
    "upside_down": "the camera hangs upside down: faces cannot be found; run `emotion-edge aim`",
    "on_its_side": "the camera hangs on its side: faces cannot be found; run `emotion-edge aim`",
    "backlit": "the camera looks against a window: faces are dark, and some are missed; turn it, or close the blinds",
    "cropped": "the sensor reads a part of its field: who sits at a side is not in the picture; run `emotion-edge aim`",
}


class FrameAnalyser:
    """Takes frames from the camera, has them analysed, and adds the people to a counter."""

    def __init__(
        self,
        settings: Settings,
        camera: CameraControl,
        pipeline: Pipeline,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._camera = camera
        self._pipeline = pipeline
        self._monotonic = monotonic
        self._last_frame: float | None = None
        self._due = 0.0
        self._ready_at = 0.0
        self._states = StateLogger(log)
        self._is_throttled = False
        self._check = PictureCheck(pipeline.count_turned)
        self._logged: Picture | None = None

    def step(self, counter: IntervalCounter, deadline: float, sleep: Callable[[float], object]) -> bool | None:
        """Analyse the next frame if it is due and comes before `deadline`.

        Return None where there was none, else whether it counts: one that is too dark to tell who is there does not.

        Args:
            counter: gets the people of the frame.
            deadline: CLOCK_MONOTONIC in seconds; this returns no later, but for the time of one analysis.
            sleep: waits for a number of seconds, or less where the end was asked for.

        """
        now = self._monotonic()
        if self._settings.camera.pace == "native" and self._due > now:
            sleep(min(self._due, deadline) - now)
            return None
        luma = self._camera.frame(max(0.0, deadline - now))
        if luma is None:
            return None
        return self._analyse(luma, counter)

    def slow_down(self) -> None:
        """Search less often on a hot or under-volted device; log when that begins and ends."""
        schedule = self._pipeline.schedule
        schedule.slow_down(throttle(soc_celsius(), throttled()))
        if schedule.is_throttled != self._is_throttled:
            self._is_throttled = schedule.is_throttled
            self._states.log(
                logging.WARNING if schedule.is_throttled else logging.INFO,
                "searching for faces every %.1f s (vision.scan_seconds = %g)",
                schedule.between_scans,
                self._settings.vision.scan_seconds,
            )

    def _analyse(self, luma: Luma, counter: IntervalCounter) -> bool:
        now = self._monotonic()
        if self._last_frame is None:
            log.info("first frame (%d x %d)", luma.shape[1], luma.shape[0])
        elif self._is_gap(now):
            self._pipeline.reset()  # people moved during the gap: the tracks of before are wrong
        people = self._pipeline.analyse(luma, now)
        seen = sum(person.probabilities is not None for person in people)
        self._check.look(luma, self._pipeline.light, seen, now)
        is_dark = self._pipeline.light == "too_dark"
        if not is_dark:
            counter.add(people, told=self._pipeline.can_tell, hidden=self._check.hides_people)
        self._log_picture()
        if self._last_frame is None:
            log.info("first frame analysed %.2f s after the process started", seconds_since_start())
        self._last_frame = now
        self._ready_at = self._monotonic()
        # Keep to a grid of frame times, but never try to catch up on frames that were missed.
        period = 1 / self._settings.camera.frames_per_second
        self._due = max(self._due + period, self._monotonic() - _CATCH_UP_SECONDS)
        return not is_dark

    def _is_gap(self, now: float) -> bool:
        """Return whether a frame came late; the configured pace and the time that an analysis takes are no gap."""
        return now - max(self._ready_at, self._due) > self._settings.camera.stall_seconds

    @property
    def picture(self) -> Picture | None:
        """Whether people can be seen in the latest frames, and if not, why; None before that is known."""
        seen, facts = self._check.picture, self._camera.facts
        return "cropped" if seen == "good" and facts is not None and not facts.is_whole else seen

    def _log_picture(self) -> None:
        """Log when something begins to hide people, and when that is over."""
        before, self._logged = self._logged, self.picture
        if self._logged == before:
            return
        if trouble := _TROUBLE.get(self._logged) if self._logged else None:
            self._states.log(logging.WARNING, trouble)
        elif before in _TROUBLE:
            self._states.log(
                logging.INFO, "there is enough light again" if before == "too_dark" else "a good picture again"
            )
