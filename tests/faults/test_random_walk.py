"""Faults of all kinds drawn by chance, one or two at once, into one device that goes on all the while."""

import contextlib
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.road import FULL, Road, Witness

FAULTS = int(os.environ.get("EMOTION_EDGE_WALK", "1000" if FULL else "12"))
CHECK_EVERY = 50
"""Faults between two looks at whether everything has arrived."""
TWO_AT_ONCE = 0.3
"""Share of the draws."""
Fault = Callable[["Walk"], AbstractContextManager[None]]


class Walk:
    """The faults. Each lasts as long as its context; what it broke is whole again afterwards."""

    def __init__(self, road: Road, broker: Mosquitto, witness: Witness, chance: random.Random) -> None:
        self._road = road
        self._broker = broker
        self._witness = witness
        self._chance = chance
        self.clock_step = 0.0

    @contextlib.contextmanager
    def broker_away(self) -> Iterator[None]:
        self._broker.stop()
        yield
        self._road.back(self._broker, self._witness)

    @contextlib.contextmanager
    def broker_frozen(self) -> Iterator[None]:
        self._broker.signal(signal.SIGSTOP)
        yield
        self._broker.signal(signal.SIGCONT)

    @contextlib.contextmanager
    def publisher_killed(self) -> Iterator[None]:
        self._road.kill_publisher()
        yield
        self._road.start_publisher()

    @contextlib.contextmanager
    def publisher_frozen(self) -> Iterator[None]:
        self._road.signal_publisher(signal.SIGSTOP)
        yield
        self._road.signal_publisher(signal.SIGCONT)

    @contextlib.contextmanager
    def publisher_reloads(self) -> Iterator[None]:
        self._road.signal_publisher(signal.SIGHUP)
        yield

    @contextlib.contextmanager
    def observer_killed(self) -> Iterator[None]:
        self._road.kill_observer()
        (self._road.folder / "waiting").unlink(missing_ok=True)
        yield
        self._road.start_observer()

    @contextlib.contextmanager
    def observer_frozen(self) -> Iterator[None]:
        assert self._road.observer is not None
        self._road.observer.send_signal(signal.SIGSTOP)
        yield
        self._road.observer.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def clock_steps(self) -> Iterator[None]:
        """Step it for good, by up to a day in either direction, but not so that it stands days from the true time."""
        self.clock_step = self._chance.uniform(-86400, 86400)
        new = self._road.folder / "step.new"
        new.write_text(f"{self.clock_step:.0f}")
        new.replace(self._road.folder / "step")
        yield

    @contextlib.contextmanager
    def clock_unsynchronised(self) -> Iterator[None]:
        (self._road.folder / "unsynced").touch()
        yield
        (self._road.folder / "unsynced").unlink()

    @contextlib.contextmanager
    def door_deleted(self) -> Iterator[None]:
        (self._road.folder / "door.sock").unlink(missing_ok=True)
        yield

    @contextlib.contextmanager
    def no_descriptors(self) -> Iterator[None]:
        assert self._road.publisher is not None
        process = self._road.publisher.pid
        soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (8, hard))
        yield
        if self._road.publisher is not None and self._road.publisher.pid == process:
            resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))


BROKER = (Walk.broker_away, Walk.broker_frozen)
PUBLISHER = (Walk.publisher_killed, Walk.publisher_frozen, Walk.publisher_reloads, Walk.no_descriptors)
OBSERVER = (Walk.observer_killed, Walk.observer_frozen)
CLOCK = (Walk.clock_steps, Walk.clock_unsynchronised)
DOOR = (Walk.door_deleted,)
GROUPS = (BROKER, PUBLISHER, OBSERVER, CLOCK, DOOR)
COST_A_RECORD = {Walk.publisher_killed, Walk.publisher_frozen, Walk.no_descriptors}
"""Together with a kill of the observer: what it holds then is lost, as documented (a power cut)."""


def draw(chance: random.Random) -> Sequence[Fault]:
    """Return one fault, or two of different parts that do not cost a record by design."""
    groups = chance.sample(GROUPS, 2 if chance.random() < TWO_AT_ONCE else 1)
    faults = [chance.choice(group) for group in groups]
    if Walk.observer_killed in faults and (COST_A_RECORD | {Walk.door_deleted}) & set(faults):
        faults.remove(Walk.observer_killed)
    return faults


def resources(process: int) -> tuple[int, int]:
    """Return how many descriptors and threads a process has."""
    folder = Path(f"/proc/{process}")
    return len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))


@pytest.mark.timeout(3 * 3600)
def test_a_walk_through_faults_of_all_kinds_loses_nothing(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    seed = int(os.environ.get("EMOTION_EDGE_SEED", "20"))
    chance = random.Random(seed)
    (tmp_path / "many-starts").touch()
    with Road(tmp_path, broker.port, retry_cap_seconds=1) as road:
        walk = Walk(road, broker, witness, chance)
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        assert road.publisher is not None
        fresh = resources(road.publisher.pid)
        for number in range(1, FAULTS + 1):
            faults = draw(chance)
            names = " + ".join(fault.__name__ for fault in faults)
            print(f"{number}: {names}", flush=True)
            with contextlib.ExitStack() as stack:
                for fault in faults:
                    stack.enter_context(fault(walk))
                time.sleep(chance.uniform(0, 1.5))  # how long it lasts is the point
            road.more(2)
            until(lambda: road.waiting() == 0)
            if number % CHECK_EVERY == 0:
                closed = set(road.closed())  # more are closed while they are waited for
                until(lambda closed=closed: closed <= set(witness.keys()))  # type: ignore[misc]
                now = resources(road.publisher.pid)
                assert all(later <= before + 4 for before, later in zip(fresh, now, strict=True)), (fresh, now)
        road.end_observer()
        road.check(witness)
