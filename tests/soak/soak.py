"""A soak from its start to its report."""

import random
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Mosquitto, until
from tests.faults.kinds import Kinds
from tests.faults.road import UNLIMITED, Witness
from tests.soak.device import SupervisedRoad
from tests.soak.report import Report
from tests.soak.samples import Sampler
from tests.soak.walk import SoakWalk

INTERVAL = 1
"""Seconds of a record."""
MOST_SAMPLES = 720
SHORTEST_SECONDS = 5.0
"""Between two samples."""


class Soak:
    """One device, a broker, a subscriber to everything, and the faults that befall them."""

    def __init__(self, folder: Path, seconds: float, seed: int, camera: dict[str, Any]) -> None:
        """Start the broker.

        Args:
            folder: for all files of the run; a short path, as sockets lie in it.
            seconds: how long the device runs.
            seed: of the chance that draws the faults.
            camera: settings of its camera.

        """
        self._seconds = seconds
        self._seed = seed
        self._broker = Mosquitto(folder, f"allow_anonymous true\n{UNLIMITED}")
        self._broker.start()
        self._witness = Witness(self._broker.port)
        until(lambda: self._witness.subscribed)
        (folder / "many-starts").touch()
        self.road = SupervisedRoad(folder, self._broker.port, INTERVAL, camera)
        self.sampler = Sampler(self.road, max(SHORTEST_SECONDS, seconds / MOST_SAMPLES))

    def run(self, shown: Callable[[float, str], None]) -> Report:
        """Run it until the time is over or a signal comes; `shown` gets the share of the time and what befalls it."""
        stop, chance, trouble = _stop_on_signal(), random.Random(self._seed), ""
        kinds = Kinds(self.road, self._broker, self._witness, chance)
        walk = SoakWalk(self.road, kinds, chance, stop.is_set, shown)
        try:
            with self.road:
                self._walk(walk, stop)
                self.road.check(self._witness, at_risk=kinds.at_risk)
        except (AssertionError, OSError):
            trouble = traceback.format_exc()
        finally:
            seconds = self.sampler.seconds
            self.sampler.close()
            self._witness.close()
            self._broker.stop()
        lost = sorted(set(self.road.closed()) - set(self._witness.keys()) - kinds.at_risk)
        return Report(
            seconds=(seconds, self._seconds),
            seed=self._seed,
            faults=Counter(walk.faults),
            records=self.road.number_closed(),
            lost=lost,
            trouble=trouble,
            is_interrupted=stop.is_set(),
            restarted=self.sampler.restarted(),
            courses=self.sampler.courses(),
        )

    def _walk(self, walk: SoakWalk, stop: threading.Event) -> None:
        self.road.start()
        until(self._witness.keys)
        self.sampler.start()
        walk.go(self._seconds)
        if stop.is_set():  # Ctrl-C in a terminal ended the broker, too
            self._broker.stop()
            self.road.back(self._broker, self._witness)
            self.road.refresh()
        self.sampler.close()
        self.road.end_observer()


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop
