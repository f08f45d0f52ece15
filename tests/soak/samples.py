"""What the device's processes use, sampled from a thread of its own while faults befall them."""

import contextlib
import json
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from tests.soak.device import SupervisedRoad
from tests.soak.flat import BOUNDS, Course, course
from tests.soak.thermal import Thermal
from tests.support.resources import Resources

YOUNG_SECONDS = 60.0
"""A process that started later before a sample is not in it: it is still loading."""
_STEP_SECONDS = 1.0
JUDGED = ("own", "descriptors", "threads")


class Sample(NamedTuple):
    """What one process used at one time."""

    second: float
    name: str
    pid: int
    resources: Resources


class Sampler:
    """Samples every so many seconds, and drives the simulated thermometer."""

    def __init__(self, road: SupervisedRoad, every: float) -> None:
        self.samples: list[Sample] = []
        self.celsius: list[tuple[float, float]] = []
        self.between_scans: list[tuple[float, float]] = []
        self.began = time.monotonic()
        self._road = road
        self._every = every
        self._thermal = Thermal(road.folder)
        self._first: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    @property
    def seconds(self) -> float:
        """Seconds since the begin."""
        return time.monotonic() - self.began

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End it; it may not have begun."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def courses(self) -> dict[str, dict[str, Course | None]]:
        """Return the verdict on each process, and on the temperature."""
        found: dict[str, dict[str, Course | None]] = {}
        for name in dict.fromkeys(sample.name for sample in self.samples):
            own = [sample for sample in self.samples if sample.name == name]
            seconds = [sample.second for sample in own]
            found[name] = {
                key: course(seconds, [getattr(sample.resources, key) for sample in own], BOUNDS[key]) for key in JUDGED
            }
        seconds, celsius = [second for second, _ in self.celsius], [value for _, value in self.celsius]
        return found | {"processor": {"celsius": course(seconds, celsius, BOUNDS["celsius"])}}

    def restarted(self) -> list[str]:
        """Return which of `run`, `observe` and `publish` did not stay one process in the second half."""
        late = [sample for sample in self.samples if sample.second >= self.samples[-1].second / 2]
        processes = {(sample.name, sample.pid) for sample in late if sample.name != "camera"}
        names = [name for name, _pid in processes]
        return sorted({name for name in names if names.count(name) > 1})

    def write(self, file: Path) -> None:
        """Write all samples, a line of JSON each."""
        lines: list[dict[str, Any]] = [
            {"second": round(one.second, 1), "process": one.name, "pid": one.pid, **one.resources._asdict()}
            for one in self.samples
        ]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def _run(self) -> None:
        due = 0.0
        while not self._stop.wait(_STEP_SECONDS):
            children = self._road.children()
            for pid in children.values():
                self._first.setdefault(pid, self.seconds)
            if "observe" in children:
                with contextlib.suppress(OSError, IndexError):  # it has just ended
                    self._thermal.step(children["observe"])
            if self.seconds >= due:
                due = self.seconds + self._every
                self._take(children)

    def _take(self, children: dict[str, int]) -> None:
        now = self.seconds
        for name, pid in children.items():
            if now - self._first[pid] >= YOUNG_SECONDS:
                with contextlib.suppress(OSError, KeyError, ValueError):  # it has just ended
                    self.samples.append(Sample(now, name, pid, Resources.of(pid)))
        self.celsius.append((now, self._thermal.celsius))
        with contextlib.suppress(OSError, ValueError):
            self.between_scans.append((now, float((self._road.folder / "between_scans").read_text())))
