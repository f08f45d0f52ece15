"""The process that sees: camera → vision → counting → door."""

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable

from edge.camera.camera import Camera
from edge.camera.sources.base import Luma
from edge.config import Settings
from edge.contract.records import Heartbeat, IntervalRecord, PausedBy
from edge.counting.interval import IntervalCounter
from edge.door.client import DoorClient
from edge.pause.control import PauseControl
from edge.pause.memory import memory_path, remembered
from edge.pause.panel import Panel
from edge.system.clock import Interval, IntervalClock, is_synchronised, iso
from edge.system.isolation import is_isolated, leave_network
from edge.system.paths import door_path, state_directory
from edge.system.reload import Reload, serve
from edge.system.sensors import resident_kilobytes, seconds_since_start, soc_celsius, throttled
from edge.system.service import Service
from edge.vision.pipeline import Pipeline
from edge.vision.throttle import throttle

log = logging.getLogger(__name__)

_PATIENCE = 0.25
"""Longest wait in one place, seconds: how late a stop or an interval's end may be noticed."""
_LOADING_SECONDS = 90.0
"""Time for the network and its self-test, or for the cascade: seconds on a Pi 4, more from a slow card."""
_FRAMES_MISSED = 3


class Observer:
    """One camera's loop, from frames to records."""

    def __init__(  # noqa: PLR0913, PLR0917 - its parts
        self,
        settings: Settings,
        pipeline: Pipeline,
        camera: Camera,
        door: DoorClient,
        pause: PauseControl,
        panel: Panel,
        service: Service,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._camera = camera
        self._door = door
        self._pause = pause
        self._panel = panel
        self._service = service
        self._paused_by = PausedBy(remote=False, schedule=False, button=False)
        self._clock = IntervalClock(settings.interval_seconds)
        self._boot = secrets.token_hex(4)
        self._seq = 0
        self._network_isolated = False
        self._last_frame: float | None = None
        self._due = 0.0
        self._is_throttled = False

    def run(self, stop: threading.Event, reload: Reload, *, network_isolated: bool) -> None:
        """Observe until `stop` is set, the interval under way then being closed and sent as it is, or to its end.

        The latter after a reload: new settings begin with an interval of their own, so that none is lost.
        """
        self._network_isolated = network_isolated
        self._service.expect(_FRAMES_MISSED / self._settings.camera.frames_per_second)
        self._heed_pause()
        self._beat(0)
        while not (stop.is_set() or reload.poll()):
            interval, synced, begun = self._clock.next(), is_synchronised(), time.monotonic()
            counter = self._counter()
            analysed = self._observe(interval, counter, stop, reload)
            if stop.is_set() and time.monotonic() - begun < self._settings.interval_seconds / 2:
                break  # the door takes no more than one record an interval
            self._send(interval, counter if analysed is not None else None, synced=synced and is_synchronised())
            self._service.alive()
            self._slow_down()
            self._beat(analysed or 0)
            self._tell(analysed)

    def _observe(
        self, interval: Interval, counter: IntervalCounter, stop: threading.Event, reload: Reload
    ) -> int | None:
        """Return how many frames were analysed, or None where the interval was paused, if only in part."""
        analysed = 0
        paused = bool(self._paused_by)
        state = self._camera.report().state
        while not stop.is_set() and (left := interval.deadline - time.monotonic()) > 0:
            self._door.pump()
            reload.poll()  # answer it now; new settings wait for the end of the interval
            if self._heed_pause():
                self._beat(0)
            if self._camera.report().state != "running":
                self._service.alive()  # paused, or under repair by `Camera`: no frame is owed
            wait = min(left, _PATIENCE)
            if self._paused_by:
                paused = True
                stop.wait(wait)
                continue
            if self._settings.camera.pace == "native" and (early := self._due - time.monotonic()) > 0:
                stop.wait(min(early, wait))
                continue
            luma = self._camera.frame(wait)
            if luma is not None:
                self._analyse(luma, counter)
                self._service.alive()
                analysed += 1
            if (now := self._camera.report().state) != state:
                state = now
                self._beat(analysed)
        return None if paused else analysed

    def _counter(self) -> IntervalCounter:
        settings = self._settings
        return IntervalCounter(settings.vision.unsure_below, self._pipeline.classifier.prior, settings.mode)

    def _heed_pause(self) -> bool:
        """Close the camera while anyone holds the pause; return whether the holders have changed."""
        before, self._paused_by = self._paused_by, self._pause.now()
        if self._paused_by == before:
            return False
        if self._paused_by and not before:
            self._camera.pause()
            self._pipeline.reset()  # afterwards nobody is where they were
        self._panel.show(watching=not self._paused_by)
        holders = ", ".join(name for name, holds in self._paused_by if holds)
        log.info("paused by %s: the camera is closed", holders) if holders else log.info("the pause is over")
        return True

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

    def _slow_down(self) -> None:
        schedule = self._pipeline.schedule
        schedule.slow_down(throttle(soc_celsius(), throttled()))
        if schedule.is_throttled != self._is_throttled:
            self._is_throttled = schedule.is_throttled
            log.log(
                logging.WARNING if schedule.is_throttled else logging.INFO,
                "searching for faces every %.1f s (vision.scan_seconds = %g)",
                schedule.between_scans,
                self._settings.vision.scan_seconds,
            )

    def _send(self, interval: Interval, counter: IntervalCounter | None, *, synced: bool) -> None:
        """Send what was counted; of an interval that was paused, even in part, nothing (`counter` is None)."""
        expected = math.ceil(self._settings.interval_seconds * self._settings.camera.frames_per_second)
        self._door.send(
            IntervalRecord(
                **dict(counter.close(expected) if counter else self._counter().close(0)),
                paused=counter is None,
                boot=self._boot,
                seq=self._seq,
                start=iso(interval.start),
                end=iso(interval.end),
                monotonic=time.monotonic(),
                clock="synced" if synced else "unsynced",
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
                paused_by=self._paused_by,
                frames_per_second=round(analysed / self._settings.interval_seconds, 1),
                seconds_between_scans=min(round(self._pipeline.schedule.between_scans, 1), 10_000),
                resident_megabytes=round(kilobytes / 1024),
                network_isolated=self._network_isolated,
                model=self._pipeline.classifier.name,
                runtime=self._pipeline.classifier.runtime,
            )
        )

    def _tell(self, analysed: int | None) -> None:
        """Say in a line how it does, for `systemctl status`; no count, which disclosure control has not seen yet."""
        camera = self._camera.report()
        if analysed is None:
            holders = ", ".join(name for name, holds in self._paused_by if holds)
            self._service.status(f"paused by {holders}" if holders else "the pause is over")
            return
        pace = f"{analysed / self._settings.interval_seconds:.1f} fps"
        doing = pace if camera.state == "running" else f"camera {camera.state} ({camera.error})"
        self._service.status(f"{doing}, {self._door.waiting} records wait at the door")


def _settle(door: DoorClient) -> None:
    """Give the other side a moment to acknowledge what was sent last."""
    until = time.monotonic() + 2.0
    while door.waiting and time.monotonic() < until:
        door.pump()
        time.sleep(0.02)
    door.close()


def observe(
    settings: Settings, stop: threading.Event, ready: Callable[[], None], read: Callable[[], Settings], service: Service
) -> None:
    """Run the observer until `stop` is set.

    Args:
        settings: what to begin with.
        stop: set by a signal.
        ready: called when model and cascade have proved usable.
        read: reads the settings again, at SIGHUP.
        service: what systemd is told through.

    """
    isolated = is_isolated() if settings.camera.needs_network else leave_network()
    reload = Reload(read, service)
    reload.listen()
    door = DoorClient(door_path(settings))  # one for all reloads: it holds what was not acknowledged yet

    def build(settings: Settings) -> Callable[[], None]:
        pause = PauseControl(settings.pause, remembered(memory_path(state_directory(settings))))
        panel = Panel(settings.pause, pause.press)
        camera = Camera(settings.camera, sleep=stop.wait)
        try:
            if not pause.now():
                camera.start()
                panel.show(watching=True)
            service.loading("model and cascade", _LOADING_SECONDS)
            pipeline = Pipeline(settings.vision, settings.mode)
        except BaseException:
            camera.close()
            panel.close()
            raise

        def run() -> None:
            name, runtime = pipeline.classifier.name, pipeline.classifier.runtime
            log.info("observing %s with %s on %s", settings.camera.source, name, runtime)
            door.on_order = pause.order
            try:
                observer = Observer(settings, pipeline, camera, door, pause, panel, service)
                observer.run(stop, reload, network_isolated=isolated)
            finally:
                camera.close()
                panel.close()

        ready()
        return run

    serve(settings, build, reload, stop)
    service.stopping()
    _settle(door)
