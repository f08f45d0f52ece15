"""The process that sees: camera → vision → counting → door."""

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable

from edge.camera.camera import Camera
from edge.camera.source import Luma
from edge.clock import Interval, IntervalClock, is_synchronised, iso
from edge.config import Settings
from edge.counting.interval import IntervalCounter
from edge.door import DoorClient
from edge.health import resident_kilobytes, seconds_since_start, soc_celsius, throttled
from edge.isolation import leave_network
from edge.paths import door_path
from edge.records import Heartbeat, IntervalRecord
from edge.vision.pipeline import Pipeline
from edge.vision.relief import relief

log = logging.getLogger(__name__)

_PATIENCE = 0.25
"""Longest wait in one place, seconds: how late a stop or an interval's end may be noticed."""


class Observer:
    """One camera's loop, from frames to records."""

    def __init__(self, settings: Settings, pipeline: Pipeline, camera: Camera, door: DoorClient) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._camera = camera
        self._door = door
        self._clock = IntervalClock(settings.interval_seconds)
        self._boot = secrets.token_hex(4)
        self._seq = 0
        self._network_isolated = False
        self._last_frame: float | None = None
        self._due = 0.0
        self._sheds = False

    def run(self, stop: threading.Event, *, network_isolated: bool) -> None:
        """Observe until `stop` is set; the interval under way is then closed and sent as it is."""
        self._network_isolated = network_isolated
        self._beat(0)
        while not stop.is_set():
            interval = self._clock.next()
            counter = IntervalCounter(self._settings.vision.unsure_below, self._pipeline.classifier.prior)
            analysed = self._observe(interval, counter, stop)
            self._send(interval, counter)
            self._relieve()
            self._beat(analysed)
        self._settle()

    def _observe(self, interval: Interval, counter: IntervalCounter, stop: threading.Event) -> int:
        analysed = 0
        state = self._camera.report().state
        while not stop.is_set() and (left := interval.deadline - time.monotonic()) > 0:
            self._door.pump()
            wait = min(left, _PATIENCE)
            if self._settings.camera.pace == "native" and (early := self._due - time.monotonic()) > 0:
                stop.wait(min(early, wait))
                continue
            luma = self._camera.frame(wait)
            if luma is not None:
                self._analyse(luma, counter)
                analysed += 1
            if (now := self._camera.report().state) != state:
                state = now
                self._beat(analysed)
        return analysed

    def _analyse(self, luma: Luma, counter: IntervalCounter) -> None:
        now = time.monotonic()
        if self._last_frame is None:
            log.info("first frame (%d x %d)", luma.shape[1], luma.shape[0])
        elif now - self._last_frame > self._settings.camera.stall_seconds:
            self._pipeline.reset()  # after a gap nobody is where they were
        counter.add(self._pipeline.analyse(luma, now))
        if self._last_frame is None:
            log.info("first frame analysed %.2f s after the process started", seconds_since_start())
        self._last_frame = now
        # Keep to a grid of frame times, but never try to catch up on frames that were missed.
        self._due = max(self._due + 1 / self._settings.camera.frames_per_second, time.monotonic() - _PATIENCE)

    def _relieve(self) -> None:
        schedule = self._pipeline.schedule
        schedule.ease(relief(soc_celsius(), throttled()))
        if schedule.sheds != self._sheds:
            self._sheds = schedule.sheds
            log.log(
                logging.WARNING if schedule.sheds else logging.INFO,
                "searching for faces every %.1f s (vision.scan_seconds = %g)",
                schedule.between_scans,
                self._settings.vision.scan_seconds,
            )

    def _send(self, interval: Interval, counter: IntervalCounter) -> None:
        expected = math.ceil(self._settings.interval_seconds * self._settings.camera.frames_per_second)
        self._door.send(
            IntervalRecord(
                **dict(counter.close(expected)),
                boot=self._boot,
                seq=self._seq,
                start=iso(interval.start),
                end=iso(interval.end),
                monotonic=time.monotonic(),
                clock="synced" if is_synchronised() else "unsynced",
                model=self._pipeline.classifier.name,
            )
        )
        self._seq += 1

    def _beat(self, analysed: int) -> None:
        kilobytes = resident_kilobytes() + self._camera.resident_kilobytes()
        self._door.beat(
            Heartbeat(
                boot=self._boot,
                monotonic=time.monotonic(),
                camera=self._camera.report(),
                frames_per_second=round(analysed / self._settings.interval_seconds, 1),
                seconds_between_scans=min(round(self._pipeline.schedule.between_scans, 1), 10_000),
                resident_megabytes=round(kilobytes / 1024),
                network_isolated=self._network_isolated,
                model=self._pipeline.classifier.name,
                runtime=self._pipeline.classifier.runtime,
            )
        )

    def _settle(self) -> None:
        """Give the other side a moment to acknowledge what was sent last."""
        until = time.monotonic() + 2.0
        while self._door.waiting and time.monotonic() < until:
            self._door.pump()
            time.sleep(0.02)
        self._door.close()


def observe(settings: Settings, stop: threading.Event, ready: Callable[[], None]) -> None:
    """Run the observer until `stop` is set; `ready` is called when model and cascade have proved usable."""
    isolated = not settings.camera.needs_network and leave_network()
    camera = Camera(settings.camera, sleep=stop.wait)
    try:
        camera.start()
        pipeline = Pipeline(settings.vision)
        ready()
        name, runtime = pipeline.classifier.name, pipeline.classifier.runtime
        log.info("observing %s with %s on %s", settings.camera.source, name, runtime)
        Observer(settings, pipeline, camera, DoorClient(door_path(settings))).run(stop, network_isolated=isolated)
    finally:
        camera.close()
