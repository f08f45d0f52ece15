"""The observer's loop with all its true parts; only the sensor is a fake."""

import contextlib
import itertools
import selectors
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from edge.camera.camera import CameraControl
from edge.camera.errors import CameraError, CameraMissing
from edge.camera.facts import CameraFacts
from edge.camera.sources.base import Luma, SourceSettings
from edge.config import Settings, Vision
from edge.contract.records import ClosedInterval, Heartbeat, PausedBy, PauseOrder
from edge.counting.interval import IntervalCounter
from edge.door.client import DoorClient
from edge.door.server import DoorServer
from edge.observer import observer
from edge.observer.frames import FrameAnalyser
from edge.observer.observer import Observer, _Builder
from edge.observer.pause_guard import PauseGuard
from edge.observer.sender import Sender
from edge.pause.control import PauseControl
from edge.pause.memory import Memory
from edge.pause.panel import Panel
from edge.system.clock import Interval, IntervalClock
from edge.system.configuration_hash import make_configuration_hash
from edge.system.reload import Reload
from edge.system.service import Service
from edge.vision.classifier import EmotionClassifier
from edge.vision.pipeline import Pipeline
from tests.conftest import SECONDS

MESSAGE: TypeAdapter[ClosedInterval | Heartbeat] = TypeAdapter(ClosedInterval | Heartbeat)


class Sensor:
    """A camera that gives grey pictures, or fails while a test says so."""

    facts: CameraFacts | None = None

    def __init__(self) -> None:
        self.open = 0
        self.opened = 0
        self.error: CameraError | None = None
        self.on_frame: Callable[[], None] = lambda: None

    def __call__(self, _settings: SourceSettings) -> "Sensor":
        self.open += 1
        self.opened += 1
        return self

    def frame(self, timeout: float) -> Luma | None:
        if self.error is not None:
            raise self.error
        self.on_frame()
        time.sleep(min(timeout, 0.01))
        return np.full((120, 160), 90, np.uint8)

    def resident_kilobytes(self) -> int:
        return 1024

    def close(self) -> None:
        self.open -= 1


class Bench:
    """An observer of one-second intervals, in a thread of its own, and the other end of its door."""

    def __init__(self, folder: Path, settings: Settings, clock: IntervalClock | None = None) -> None:
        quick = settings.camera.model_copy(update={"frames_per_second": 20.0, "retry_cap_seconds": 0.2})
        clock = clock or IntervalClock(1)
        changes = {"interval_seconds": clock.length, "mode": "presence", "camera": quick}
        self.settings = settings.model_copy(update=changes)
        self.sensor = Sensor()
        self.server = DoorServer(folder / "observer.sock")
        self.stop = threading.Event()
        self.reload = Reload(lambda: self.settings, Service())
        self.control = PauseControl(settings.pause, Memory(remote=False, button=False))
        self.door = DoorClient(folder / "observer.sock", self.control.order)
        self.camera = CameraControl(quick, self.sensor, sleep=self.stop.wait)  # type: ignore[arg-type]
        pipeline = Pipeline(self.settings.vision, "presence")
        pause = PauseGuard(self.control, self.camera, Panel(settings.pause, lambda: None), pipeline.reset)
        frames = FrameAnalyser(self.settings, self.camera, pipeline)
        sender = Sender(self.settings, self.door, self.camera, pipeline, network_isolated=True)
        self.observer = Observer(self.settings, self.camera, pause, frames, sender, Service(), clock)
        self.thread = threading.Thread(target=self.observer.run, args=(self.stop, self.reload))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.server.listener, selectors.EVENT_READ)
        self.client: Any = None

    def next(self, kind: type[Any], wanted: Any = lambda _message: True) -> Any:
        """Return the next message of a kind that is wanted."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if self.client is None:
                self.selector.select(1)
                self.client = self.server.accept()
                self.selector.register(self.client, selectors.EVENT_READ)
            self.selector.select(1)
            try:
                packet = self.server.receive(self.client)
            except BlockingIOError:
                continue
            message = MESSAGE.validate_json(packet or b"")
            if isinstance(message, kind) and wanted(message):
                return message
        raise AssertionError(kind)

    def close(self) -> None:
        self.stop.set()
        if self.thread.is_alive():
            self.thread.join(SECONDS)
        self.camera.close()
        self.door.close()
        self.server.close()
        self.selector.close()


class School(IntervalClock):
    """Intervals of one second. A pause ends in the third one, after so many looks at who holds it."""

    def __init__(self, looks: int) -> None:
        super().__init__(1)
        self.looks = looks
        self.begun = 0

    def next(self) -> Interval:
        self.begun += 1
        return super().next()

    def now(self) -> PausedBy:
        """Return who holds the pause."""
        self.looks -= self.begun == 3
        return PausedBy(remote=False, schedule=self.begun < 3 or (self.begun == 3 and self.looks >= 0), button=False)


@pytest.fixture
def bench(tmp_path: Path, settings: Settings) -> Iterator[Bench]:
    made = Bench(tmp_path, settings)
    made.thread.start()
    yield made
    made.close()


def test_each_interval_is_one_record_in_order(bench: Bench) -> None:
    records = [bench.next(ClosedInterval) for _ in range(3)]
    assert [record.seq for record in records] == [0, 1, 2]
    assert all(0.5 <= later.monotonic - earlier.monotonic <= 1.5 for earlier, later in itertools.pairwise(records))
    assert all(record.frames.analysed > 0 and record.faces.max == 0 for record in records)


def test_a_pause_closes_the_camera_and_empties_the_interval(bench: Bench) -> None:
    bench.next(Heartbeat, lambda beat: beat.camera.state == "running")
    bench.server.order(PauseOrder(remote=True))
    paused = bench.next(Heartbeat, lambda beat: beat.camera.state == "paused")
    assert paused.paused_by.remote
    assert bench.sensor.open == 0
    record = bench.next(ClosedInterval)
    assert record.paused
    assert (record.frames.analysed, record.faces.max) == (0, 0)
    bench.server.order(PauseOrder(remote=False))
    bench.next(Heartbeat, lambda beat: beat.camera.state == "running")
    assert bench.next(ClosedInterval, lambda record: not record.paused).frames.analysed > 0
    assert (bench.sensor.open, bench.sensor.opened) == (1, 2)


@pytest.mark.parametrize(
    ("looks", "paused"), [(0, [True, True, False, False]), (1, [True, True, True, False])], ids=["between", "within"]
)
def test_an_interval_is_paused_where_a_part_of_it_was_and_no_longer(
    tmp_path: Path, settings: Settings, looks: int, paused: list[bool]
) -> None:
    """The one that began with the lesson was thrown away, too: with intervals of an hour, the first hour of a day."""
    school = School(looks)
    bench = Bench(tmp_path, settings, school)
    bench.control.now = school.now  # type: ignore[method-assign]
    with contextlib.closing(bench):
        bench.thread.start()
        records = [bench.next(ClosedInterval) for _ in paused]
    assert [record.paused for record in records] == paused
    assert records[-1].frames.analysed > 0


def test_a_heartbeat_within_an_interval_has_the_rate_of_its_part(tmp_path: Path, settings: Settings) -> None:
    """A camera that came back early in a long interval seemed to deliver nothing for all of it."""
    with contextlib.closing(Bench(tmp_path, settings, IntervalClock(3600))) as bench:
        bench.thread.start()
        bench.next(Heartbeat, lambda beat: beat.picture == "good")
        bench.sensor.facts = CameraFacts(is_whole=False)
        beat = bench.next(Heartbeat, lambda beat: beat.picture == "cropped")
    assert beat.frames_per_second > 0


def test_a_camera_that_fails_and_recovers_is_reported_at_once(bench: Bench) -> None:
    bench.next(Heartbeat, lambda beat: beat.camera.state == "running")
    bench.sensor.error = CameraMissing("/dev/video0", "no such camera", "plug it in")
    failed = bench.next(Heartbeat, lambda beat: beat.camera.state == "retrying")
    assert failed.camera.error == "CameraMissing"
    bench.sensor.error = None
    assert bench.next(Heartbeat, lambda beat: beat.camera.state == "running").camera.restarts >= 1


def test_a_sensor_that_reads_a_part_of_its_field_is_reported(bench: Bench) -> None:
    bench.sensor.facts = CameraFacts(is_whole=False)
    bench.next(Heartbeat, lambda beat: beat.picture == "cropped")
    bench.sensor.facts = CameraFacts()
    bench.next(Heartbeat, lambda beat: beat.picture == "good")


def test_a_reload_waits_for_the_end_of_the_interval(bench: Bench) -> None:
    asked_at: list[float] = []

    def ask() -> None:
        if not asked_at:
            asked_at.append(time.monotonic())
            bench.reload.ask()

    bench.next(ClosedInterval)
    bench.sensor.on_frame = ask  # within an interval, as frames are
    last = bench.next(ClosedInterval, lambda record: bool(asked_at) and record.monotonic > asked_at[0])
    assert last.frames.analysed > 0
    assert not last.paused
    bench.thread.join(SECONDS)
    assert not bench.thread.is_alive()


def test_a_frame_that_is_not_due_is_waited_for_but_never_beyond_the_deadline(settings: Settings) -> None:
    now = [100.0]
    slept: list[float] = []
    camera = CameraControl(settings.camera, Sensor())  # type: ignore[arg-type]
    pipeline = Pipeline(settings.vision, "presence")
    native = settings.camera.model_copy(update={"pace": "native", "frames_per_second": 2.0})
    frames = FrameAnalyser(settings.model_copy(update={"camera": native}), camera, pipeline, lambda: now[0])

    def step(deadline: float) -> bool | None:
        return frames.step(IntervalCounter(0.5, mode="presence"), deadline, slept.append)

    assert step(100.25)
    assert step(100.25)  # the grid of frame times begins a little before the first frame
    assert not step(100.2)
    now[0] = 100.1
    assert not step(101.0)
    assert slept == pytest.approx([0.2, 0.15])
    now[0] = 100.3
    assert step(100.5)
    camera.close()


def test_the_remote_pause_holds_through_a_reload_though_no_disk_has_it(bench: Bench, settings: Settings) -> None:
    """The publisher could not write it down. The camera would open until it says so again."""
    bench.next(Heartbeat)
    bench.server.order(PauseOrder(remote=True))
    bench.next(Heartbeat, lambda beat: beat.paused_by.remote)
    bench.stop.set()
    bench.thread.join(SECONDS)
    with contextlib.ExitStack() as resources:
        builder = _Builder(threading.Event(), Service(), bench.door, network_isolated=False)
        again = builder.build(settings, resources)
        assert again._camera.report().state != "running"
        assert again._pause.poll()
        assert again._pause.paused_by.remote


def test_on_a_slow_board_the_publisher_hears_the_hash_of_the_file(
    bench: Bench, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the two never agree there, and no changed configuration is ever taken up by both."""
    wanted = make_configuration_hash(settings)
    bench.next(Heartbeat)
    bench.server.order(PauseOrder(remote=True))
    bench.next(Heartbeat, lambda beat: beat.paused_by.remote)
    bench.stop.set()
    bench.thread.join(SECONDS)
    monkeypatch.setattr(observer, "board_model", lambda: "Raspberry Pi Zero 2 W Rev 1.0")
    with contextlib.ExitStack() as resources:
        builder = _Builder(threading.Event(), Service(), bench.door, network_isolated=False)
        builder.build(settings, resources)._beat(0)
        small = EmotionClassifier(Vision(model="small")).name
        heartbeat = bench.next(Heartbeat, lambda beat: beat.model == small)
    assert heartbeat.configuration == wanted


def test_no_interval_is_named_twice_over_a_reload(settings: Settings) -> None:
    """The publisher remembers each name that it gave: it was one interval ahead of such an observer for ever."""
    with contextlib.ExitStack() as resources, contextlib.closing(DoorClient(Path("none"))) as door:
        builder = _Builder(threading.Event(), Service(), door, network_isolated=False)
        before = builder.build(settings, resources)._clock.next()
        assert builder.build(settings, resources)._clock.next().start >= before.end
