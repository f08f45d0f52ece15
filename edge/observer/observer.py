"""The process that sees: camera → vision → counting → door."""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from edge.camera.camera import CameraControl
from edge.config import Settings
from edge.config.for_board import explained, for_board
from edge.contract.records import PausedBy, Picture
from edge.counting.interval import IntervalCounter
from edge.door.client import DoorClient
from edge.errors import ConfigError, RecordsLost
from edge.observer.agreement import Agreement
from edge.observer.frames import FrameAnalyser
from edge.observer.pause_guard import PauseGuard
from edge.observer.sender import Sender
from edge.pause.control import PauseControl
from edge.pause.memory import ButtonMemory, memory_path, remembered
from edge.pause.panel import Panel
from edge.system.board import board_model
from edge.system.clock import Interval, IntervalClock, IntervalNames
from edge.system.configuration import Configuration
from edge.system.isolation import is_isolated
from edge.system.kept_file import kept_file
from edge.system.named_intervals import NamedIntervals
from edge.system.paths import door_path, state_directory
from edge.system.process import event_at
from edge.system.reload import EARLIER, Reload, serve
from edge.system.running import SUPERVISOR
from edge.system.service import Service
from edge.vision.pipeline import Pipeline

log = logging.getLogger(__name__)

_PATIENCE = 0.25
"""Longest wait in one place, seconds: how late a stop or an interval's end may be noticed."""
_LOADING_SECONDS = 90.0
"""Time for the network and its self-test, or for the cascade: seconds on a Pi 4, more from a slow card."""
_FRAMES_MISSED = 3
_LEAST_SECONDS = 1.0
"""Frames of less time than this, or than one frame takes, give no rate."""
_ALONE_SECONDS = 45.0
"""How long the end waits for the publisher to take over the closed records; less than `TimeoutStopSec=` of the unit."""
_ABSENT_SECONDS = 10.0
"""The same where nobody listens at the door."""
_SUPERVISED_SECONDS = 150.0
"""The same under `emotion-edge run`, which replaces a publisher that hangs."""
_HAND_OVER_TURN = 0.02


class Observer:
    """One camera's loop, from frames to records: in each turn a step for pause, heartbeat and frame."""

    def __init__(  # noqa: PLR0913, PLR0917 - its parts
        self,
        settings: Settings,
        camera: CameraControl,
        pause: PauseGuard,
        frames: FrameAnalyser,
        sender: Sender,
        service: Service,
        clock: IntervalClock,
    ) -> None:
        self._settings = settings
        self._camera = camera
        self._pause = pause
        self._frames = frames
        self._sender = sender
        self._service = service
        self._clock = clock
        self._reported: tuple[str, PausedBy, Picture | None, int] | None = None
        self._begun = time.monotonic()

    def run(self, stop: threading.Event, reload: Reload) -> None:
        """Observe until `stop` is set, the interval under way then being closed and sent as it is, or to its end.

        The latter after a reload: new settings begin with an interval of their own, so that none is lost.
        """
        self._service.expect(_FRAMES_MISSED / self._settings.camera.frames_per_second)
        self._pause.poll()
        self._beat(0)
        while not (stop.is_set() or reload.poll()):
            interval, self._begun = self._clock.next(), time.monotonic()
            counter = self._sender.counter()
            analysed = self._observe(interval, counter, stop, reload)
            if stop.is_set() and time.monotonic() - self._begun < self._settings.interval_seconds / 2:
                break  # the door takes no more than one record an interval
            counted = counter if analysed is not None else None
            self._sender.send(interval, counted)
            self._service.alive()
            self._frames.slow_down()
            self._beat(analysed or 0)
            self._service.status(self._summary(analysed))
            reload.follow()

    def _observe(
        self, interval: Interval, counter: IntervalCounter, stop: threading.Event, reload: Reload
    ) -> int | None:
        """Return how many frames were analysed, or None where the interval was paused, if only in part."""
        analysed, paused = 0, False  # what the guard has seen before is of the interval before
        while not stop.is_set() and (now := time.monotonic()) < interval.deadline:
            deadline = min(interval.deadline, now + _PATIENCE)
            self._sender.pump()
            reload.poll()  # answer it now; new settings wait for the end of the interval
            paused |= self._step_pause()
            self._step_heartbeat(analysed)
            analysed += self._step_frame(counter, deadline, stop)
        return None if paused else analysed

    def _step_pause(self) -> bool:
        """Close or open the camera as the holders of the pause want it; return whether it is closed."""
        if self._pause.poll():
            self._beat(0)
        return bool(self._pause.paused_by)

    def _step_heartbeat(self, analysed: int) -> None:
        """Send a heartbeat if camera or picture changed since the last one, or the publisher is another process."""
        if self._state() != self._reported:
            self._beat(analysed)

    def _step_frame(self, counter: IntervalCounter, deadline: float, stop: threading.Event) -> bool:
        """Wait for the next frame until `deadline` at most, and analyse it; return whether there was one."""
        if self._camera.report().state != "running":
            self._service.alive()  # paused, or `CameraControl` restarts it: no frame is owed
        if self._pause.paused_by:
            stop.wait(deadline - time.monotonic())
            return False
        analysed = self._frames.step(counter, deadline, stop.wait)
        if analysed is not None:
            self._service.alive()
        return bool(analysed)

    def _beat(self, analysed: int) -> None:
        state, paused_by, picture, _connections = self._state()
        self._sender.beat(self._rate(analysed), paused_by, picture)  # it connects
        self._reported = state, paused_by, picture, self._sender.connections

    def _rate(self, analysed: int) -> float:
        """Return how many frames a second were analysed since the interval began."""
        least = max(_LEAST_SECONDS, 1 / self._settings.camera.frames_per_second)
        return analysed / max(least, time.monotonic() - self._begun)

    def _state(self) -> tuple[str, PausedBy, Picture | None, int]:
        return self._camera.report().state, self._pause.paused_by, self._frames.picture, self._sender.connections

    def _summary(self, analysed: int | None) -> str:
        """Return a line for `systemctl status`; no count, which disclosure control has not seen yet."""
        camera = self._camera.report()
        if analysed is None:
            holders = self._pause.holders
            return f"paused by {holders}" if holders else "the pause is over"
        pace = f"{self._rate(analysed):.1f} fps"
        doing = pace if camera.state == "running" else f"camera {camera.state} ({camera.error})"
        return f"{doing}, {self._sender.waiting} records wait at the door"


class _Builder:
    """Builds an observer for the first settings and for those of each reload."""

    def __init__(self, stop: threading.Event, service: Service, door: DoorClient, *, network_isolated: bool) -> None:
        self._stop = stop
        self._service = service
        self._door = door
        self._network_isolated = network_isolated
        self._button_memory = ButtonMemory(kept_file())
        self._names = IntervalNames()
        """Of all reloads: the file lags behind by up to an hour, and the publisher knows each name that it gave."""

    def build(self, settings: Settings, resources: contextlib.ExitStack) -> Observer:
        """Acquire all that is local; `resources` releases it.

        Raises:
            EdgeError: model, cascade, a GPIO pin or the password of the camera cannot be used.

        """
        if settings.camera.needs_network and self._network_isolated:
            problem = f"{settings.camera.shown} is on the network, and this process has none"
            remedy = "add the drop-in observer-network-camera.conf, see systemd/README.md, or use `emotion-edge run`"
            raise ConfigError("camera.source", problem, remedy)
        memory = remembered(memory_path(state_directory(settings)))
        control = PauseControl(settings.pause, memory, button_memory=self._button_memory)
        if self._door.last_order is not None:  # a disk without room has none of it in the file
            control.order(self._door.last_order)
        panel = resources.enter_context(contextlib.closing(Panel(settings.pause, control.press)))
        camera = resources.enter_context(contextlib.closing(CameraControl(settings.camera, sleep=self._stop.wait)))
        if not control.now():
            camera.start()  # it comes up while the model is loaded
            panel.show(watching=True)
        self._service.loading("model and cascade", _LOADING_SECONDS)
        # Only what looks at pictures gets the board's values: file, hash and publisher know those of the file.
        seen = _for_this_board(settings)
        pipeline = Pipeline(seen.vision, seen.mode)
        self._door.on_order = control.order
        # During a pause people move: the tracks of before are wrong.
        pause = PauseGuard(control, camera, panel, pipeline.reset)
        frames = FrameAnalyser(seen, camera, pipeline)
        sender = Sender(settings, self._door, camera, pipeline, network_isolated=self._network_isolated)
        name, runtime = pipeline.classifier.name, pipeline.classifier.runtime
        log.info("observing %s with %s on %s", settings.camera.shown, name, runtime)
        self._names.avoid(NamedIntervals(state_directory(settings)).read(settings.interval_seconds))
        clock = IntervalClock(settings.interval_seconds, names=self._names)
        return Observer(settings, camera, pause, frames, sender, self._service, clock)


def _for_this_board(settings: Settings) -> Settings:
    """Return the settings as this board uses them, and log what it decides."""
    board = board_model()
    if sentence := explained(settings, board):
        log.info("%s", sentence)
    return for_board(settings, board)


def observe(
    settings: Settings,
    configuration: Configuration,
    reload: Reload,
    stop: threading.Event,
    ready: Callable[[], None],
) -> None:
    """Run the observer until `stop` is set.

    Args:
        settings: the first settings.
        configuration: from which they come.
        reload: reads the settings again, at SIGHUP.
        stop: set by a signal.
        ready: called when model and cascade have proved usable, at the start and after each reload.

    Raises:
        EdgeError: something local cannot be used.
        RecordsLost: at the end, the publisher did not take over what it was to have.

    """
    isolated = is_isolated()
    door = DoorClient(door_path(settings))  # one for all reloads: it holds what was not acknowledged yet
    builder = _Builder(stop, reload.service, door, network_isolated=isolated)
    agreement = Agreement(door, reload, configuration.substitute)

    def build(settings: Settings) -> Callable[[], None]:
        with contextlib.ExitStack() as resources:
            observer = builder.build(settings, resources)
            owned = resources.pop_all()
        configuration.use(settings)
        reload.service.remark = EARLIER if configuration.is_refused else ""
        agreement.use(settings)
        ready()

        def run() -> None:
            with owned:
                observer.run(stop, reload)

        return run

    serve(settings, build, reload, stop, configuration.substitute)
    _hand_over(door, door_path(settings), reload.service)


def _hand_over(door: DoorClient, path: Path, service: Service) -> None:
    """Wait until the publisher has taken over every closed record; a second signal ends the wait.

    Raises:
        RecordsLost: it did not within the stated time.

    """
    hurry = event_at(signal.SIGTERM, signal.SIGINT)
    supervised = os.environ.get(SUPERVISOR) == str(os.getppid())
    service.stopping()
    begun = time.monotonic()
    until = begun + (_SUPERVISED_SECONDS if supervised else _ABSENT_SECONDS)
    while not (done := door.hand_over()) and not hurry.is_set() and time.monotonic() < until:
        if door.is_connected and not supervised:
            until = begun + _ALONE_SECONDS
        hurry.wait(_HAND_OVER_TURN)
    waiting = door.waiting
    door.close()
    if not done:
        problem = f"the publisher did not take {waiting} closed records within {time.monotonic() - begun:.0f} s"
        raise RecordsLost(path, f"{problem}, so they are lost", "see the lines of the publisher: it hangs or is away")
