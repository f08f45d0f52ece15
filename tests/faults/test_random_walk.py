"""Faults of all kinds drawn by chance, one or more at once, into one device that goes on all the while."""

import contextlib
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.disk import mounted
from tests.faults.draw import CAMERA, GROUPS, draw
from tests.faults.kinds import Fault, Kinds
from tests.faults.road import FULL, Road, Witness
from tests.support.resources import Resources

FAULTS = int(os.environ.get("EMOTION_EDGE_WALK", "1000" if FULL else "12"))
TRUE_FAULTS = int(os.environ.get("EMOTION_EDGE_TRUE_WALK", "100" if FULL else "4"))
"""With the true observer, whose intervals last five times as long."""
SEED = int(os.environ.get("EMOTION_EDGE_SEED", "20"))
CHECK_EVERY = 50
"""Faults between two looks at whether everything has arrived."""
WARM_UP = 25
"""Faults of the second half before memory is measured the first time."""
MORE_DESCRIPTORS = 8
"""The spool, a connection to the broker and a camera come and go."""
MORE_THREADS = 2
MORE_MEGABYTES = 4.0
"""What a process may need more of these at the end than after that."""


class Walk:
    """A device on its way through faults; in the second half none ends a process, so that what leaks has time."""

    def __init__(
        self, road: Road, kinds: Kinds, witness: Witness, chance: random.Random, groups: Sequence[Sequence[Fault]]
    ) -> None:
        self._road = road
        self._kinds = kinds
        self._witness = witness
        self._chance = chance
        self._groups = groups

    def go(self, faults: int) -> None:
        """Take so many steps; nothing may be lost but what was named, and no process may end or grow."""
        half = faults // 2
        for number in range(1, half + 1):
            self._step(number, ends=True)
        warm_up = min(half + WARM_UP, faults - 1)
        for number in range(half + 1, warm_up + 1):
            self._step(number, ends=False)
        before = self._resources()
        for number in range(warm_up + 1, faults + 1):
            self._step(number, ends=False)
        after = self._resources()
        print(f"{before} after {warm_up} faults, {after} after {faults}")
        assert before.keys() == after.keys(), "they are still the same processes"
        for process, then in before.items():
            now = after[process]
            assert now.descriptors <= then.descriptors + MORE_DESCRIPTORS, (before, after)
            assert now.threads <= then.threads + MORE_THREADS, (before, after)
            if warm_up == half + WARM_UP:  # the first faults need memory that later ones use again
                assert now.own <= then.own + MORE_MEGABYTES, (before, after)

    def _step(self, number: int, *, ends: bool) -> None:
        faults = draw(self._chance, self._groups, ends=ends)
        print(f"{number}: {' + '.join(fault.__name__ for fault in faults)}", flush=True)
        with contextlib.ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault(self._kinds))
            time.sleep(self._chance.uniform(0, 1.5))  # how long it lasts is the point
        self._road.more(2)
        until(lambda: self._road.waiting() == 0)
        self._kinds.settle()
        for process in (self._road.publisher, self._road.observer):
            assert process is not None
            assert process.poll() is None, "it ended by itself"
        if number % CHECK_EVERY == 0:
            closed = set(self._road.closed())  # more are closed while they are waited for
            until(lambda: closed - set(self._witness.keys()) <= self._kinds.at_risk)

    def _resources(self) -> dict[int, Resources]:
        processes = (self._road.publisher, self._road.observer)
        return {process.pid: Resources.of(process.pid) for process in processes if process is not None}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state directory on a disk of its own, which can be full."""
    with mounted(tmp_path / "disk", "4m") as disk:
        yield disk / "state"


@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize("observer", ["stand-in", "true observer"])
def test_a_walk_through_faults_of_all_kinds_loses_only_what_the_device_names(
    tmp_path: Path, state: Path, broker: Mosquitto, witness: Witness, observer: str
) -> None:
    chance = random.Random(SEED)
    sees = observer == "true observer"
    (tmp_path / "many-starts").touch()
    device: dict[str, Any] = {"interval": 1, "camera": {"stall_seconds": 3, "pace": "fast"}} if sees else {}
    with Road(tmp_path, broker.port, state=state, retry_cap_seconds=1, **device) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        kinds = Kinds(road, broker, witness, chance)
        Walk(road, kinds, witness, chance, (*GROUPS, CAMERA) if sees else GROUPS).go(TRUE_FAULTS if sees else FAULTS)
        road.end_observer()
        road.check(witness, at_risk=kinds.at_risk)
        missing = set(road.closed()) - set(witness.keys())
        print(f"{len(missing)} of {len(road.closed())} lost, {kinds.counted} of them counted in health")
        assert len(missing) >= kinds.counted, "health counted what arrived"
