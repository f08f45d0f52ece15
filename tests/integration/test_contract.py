"""An hour of a device as its subscribers see it, outage, pause and commands included, held against the contract."""

import itertools
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.config import Settings
from edge.contract.records import Camera, ClosedInterval, Heartbeat
from edge.door.client import DoorClient
from edge.door.gate import Gate
from edge.model.metadata import read_metadata
from edge.pause.control import PauseControl
from edge.pause.memory import Memory
from edge.publisher.delivery import Delivery
from edge.publisher.observer_state import ObserverState
from edge.publisher.publisher import Publisher
from edge.publisher.reporter import Reporter
from edge.system.reload import Reload
from edge.system.service import Service
from tests.conftest import SECONDS, Mosquitto, Remote, Subscriber, until
from tests.support.contract import BASE, amounts, breaches
from tests.support.counts import counts
from tests.support.models import described_model
from tests.support.relay import Relay

INTERVAL = 10
ROOMS = [4.0, 6.0, 12.0, 24.0, 23.4, 0.0, 5.0, 21.0]
MEASURED = {"people": [1, 25, 200], "share": [0.5, 0.15, 0.05]}


class Clock:
    """The monotonic clock, with the intervals of an hour skipped one by one."""

    def __init__(self) -> None:
        self._real = time.monotonic
        self.skipped = 0.0

    def __call__(self) -> float:
        return self._real() + self.skipped


class Room:
    """An observer's side of the door: a record and a heartbeat at the end of every interval."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._model = read_metadata(Path(settings.vision.model)).model_name
        self._pause = PauseControl(settings.pause, Memory(remote=False, button=False))
        self._door = DoorClient(Path(settings.door.path), self._pause.order)
        self._seq = itertools.count()
        self._people = itertools.cycle(ROOMS)
        self.sent = 0

    def intervals(self, number: int) -> None:
        for _ in range(number):
            self._interval()

    def _interval(self) -> None:
        """Let an interval pass and hand in its record; return when the publisher has it."""
        self._clock.skipped += INTERVAL
        paused = bool(self._pause.now())
        people = next(self._people)
        seen = (
            counts(0.0, analysed=0)
            if paused
            else counts(people, happy=people // 4, sad=people // 8, unsure=people // 12)
        )
        self._door.send(
            ClosedInterval(
                **dict(seen),
                paused=paused,
                boot="6f1c2a9e",
                seq=next(self._seq),
                monotonic=self._clock(),
                model=self._model,
            )
        )
        self.sent += 1
        self._door.beat(
            Heartbeat(
                boot="6f1c2a9e",
                monotonic=self._clock(),
                camera=Camera(state="paused" if paused else "running", error=None, restarts=0),
                paused_by=self._pause.now(),
                frames_per_second=2.0,
                seconds_between_scans=2.0,
                light="good",
                resident_megabytes=120,
                network_isolated=True,
                model=self._model,
                runtime="tflite-runtime",
            )
        )
        until(self._taken)

    def _taken(self) -> bool:
        self._door.pump()
        return self._door.waiting == 0

    @property
    def paused(self) -> bool:
        self._door.pump()
        return bool(self._pause.now())

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    skipping = Clock()
    monkeypatch.setattr(time, "monotonic", skipping)
    monkeypatch.setattr("edge.publisher.publisher.Gate", partial(Gate, monotonic=skipping))
    monkeypatch.setattr("edge.publisher.publisher.ObserverState", partial(ObserverState, monotonic=skipping))
    monkeypatch.setattr("edge.publisher.uplink.Delivery", partial(Delivery, monotonic=skipping))
    monkeypatch.setattr("edge.publisher.uplink.Reporter", partial(Reporter, monotonic=skipping))
    monkeypatch.setattr("edge.publisher.delivery.phase", lambda *_: 0.0)  # an hour of waiting for it would be real
    monkeypatch.setattr("edge.publisher.lobby._SLOT_SECONDS", 0.02)
    return skipping


@pytest.fixture
def relay(broker: Mosquitto) -> Iterator[Relay]:
    road = Relay(broker.port)
    road.open()
    yield road
    road.cut()


@pytest.fixture
def device(settings: Settings, relay: Relay, tmp_path: Path) -> Iterator[Settings]:
    """A publisher that runs, with a model whose error was measured."""
    model, _ = described_model(tmp_path, error_of_groups=MEASURED)
    mqtt = {"url": f"mqtt://127.0.0.1:{relay.port}", "retry_cap_seconds": 1, "connect_seconds": 120}
    changes = {"mqtt": mqtt, "interval_seconds": INTERVAL, "vision": {"model": str(model)}}
    running = Settings.model_validate(settings.model_dump() | changes)
    stop, ready = threading.Event(), threading.Event()

    def serve() -> None:
        service = Service()
        publisher = Publisher(running, service)
        ready.set()
        publisher.run(stop, Reload(lambda: running, service))

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(SECONDS)
    yield running
    stop.set()
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.timeout(600)
def test_an_hour_of_a_device_keeps_to_the_contract(
    subscriber: Subscriber, clock: Clock, device: Settings, relay: Relay, remote: Remote
) -> None:
    room = Room(device, clock)

    def arrived() -> set[int]:
        while not subscriber.messages.empty():
            subscriber.seen.append(subscriber.messages.get())
        return {payload["seq"] for topic, payload, _retained in subscriber.seen if "/counts" in topic}

    room.intervals(120)
    remote.say("pause/set", "ON")
    until(lambda: room.paused)
    room.intervals(30)
    remote.say("pause/set", "OFF")
    until(lambda: not room.paused)
    remote.say("privacy/set", '{"min_cell": 2}')
    subscriber.next("/info", lambda info: info["privacy"]["min_cell"] == 2)
    room.intervals(30)
    relay.cut()
    room.intervals(60)
    relay.open()
    room.intervals(120)
    until(lambda: len(arrived()) == 360, 4 * SECONDS)
    room.close()

    messages = subscriber.seen
    assert arrived() == set(range(360))
    assert not [breach for topic, payload, _retained in messages for breach in breaches(topic, payload)]
    records: list[tuple[str, dict[str, Any]]] = [(t, payload) for t, payload, _retained in messages if "/counts" in t]
    assert all(amounts(record) for _topic, record in records)
    errors = {(record["faces"]["mean"], record["emotions_error"]) for _topic, record in records}
    assert len(errors) == len(dict(errors)), "the error follows from the people in view alone"
    assert {(None, None), (12.0, 3.3), (24.0, 4.7)} <= errors
    assert all(record["replayed"] is topic.endswith("/backfill") for topic, record in records)
    assert {record["suppressed"] for _topic, record in records} >= {None, "below_min_group", "paused", "below_min_cell"}
    topics = {topic for topic, _payload, _retained in messages}
    assert "homeassistant/device/pi-test/config" in topics
    leaves = {topic.split("/", 4)[4] for topic in topics if topic.startswith(BASE)}
    assert leaves == {"status", "counts", "counts/backfill", "health", "info", "pause", "pause/set", "privacy/set"}
