"""The report of a soak: a table or JSON, and a picture of the courses."""

from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from tests.soak.flat import Course
from tests.soak.samples import Sampler

_UNITS = {"own": "MB", "descriptors": "", "threads": "", "celsius": "°C"}

_LASTING = frozenset({"run", "observe", "publish", "processor"})


class Report(NamedTuple):
    """How a soak ended.

    Attributes:
        seconds: how long it ran, and how long it was to run.
        seed: of its chance.
        faults: how many of each kind.
        records: handed in by the observer.
        lost: of these, what never arrived, by boot and number.
        trouble: why it ended early or what is wrong at its end; empty where nothing is.
        is_interrupted: whether a signal ended it.
        restarted: processes that did not stay the same in the second half.
        courses: of each process and of the temperature.

    """

    seconds: tuple[float, float]
    seed: int
    faults: dict[str, int]
    records: int
    lost: list[tuple[str, int]]
    trouble: str
    is_interrupted: bool
    restarted: list[str]
    courses: dict[str, dict[str, Course | None]]

    @property
    def growing(self) -> list[str]:
        """What is not flat."""
        return [f"{name}: {key}" for name, key, one in self._each() if one is not None and not one.is_flat]

    @property
    def is_good(self) -> bool:
        """Whether nothing failed, was lost or grows, and everything could be judged."""
        return not (self.trouble or self.lost or self.restarted or self.growing or self.unjudged)

    @property
    def unjudged(self) -> list[str]:
        """What lives all the time and has too few samples for a verdict; nothing where a signal ended the run.

        The camera's process does not: many faults and each reload start it anew.
        """
        if self.is_interrupted:
            return []
        missing = sorted(_LASTING - self.courses.keys())
        return missing + [f"{name}: {key}" for name, key, one in self._each() if one is None and name in _LASTING]

    def figures(self) -> dict[str, Any]:
        """Return it for JSON."""
        courses = {
            name: {key: one and one._asdict() | {"is_flat": one.is_flat} for key, one in courses.items()}
            for name, courses in self.courses.items()
        }
        verdict = {"is_good": self.is_good, "growing": self.growing, "unjudged": self.unjudged}
        return self._asdict() | {"courses": courses} | verdict

    def print(self, console: Console) -> None:
        """Print the table and the verdict."""
        table = Table("process", "quantity", "median", "per hour", "growth", "at most", "")
        for name, key, one in self._each():
            if one is None:
                table.add_row(name, key, "", "", "", "", "too few samples")
                continue
            unit = _UNITS[key]
            verdict = "flat" if one.is_flat else "GROWS"
            numbers = f"{one.median:.1f} {unit}", f"{one.per_hour:+.2f}", f"{one.growth:+.2f}", f"{one.bound:g}"
            table.add_row(name, key, *numbers, verdict)
        console.print(table)
        faults = ", ".join(f"{name} {number}" for name, number in sorted(self.faults.items()))
        console.print(f"{sum(self.faults.values())} faults (seed {self.seed}): {faults}")
        console.print(f"{self.records} records, {len(self.lost)} lost {self.lost[:20] or ''}")
        if self.is_interrupted:
            console.print(f"interrupted after {self.seconds[0] / 60:.1f} of {self.seconds[1] / 60:.1f} minutes")
        for problem, names in (
            ("restarted in the second half", self.restarted),
            ("grows", self.growing),
            ("too few samples", self.unjudged),
        ):
            if names:
                console.print(f"{problem}: {'; '.join(names)}")
        if self.trouble:
            console.print(self.trouble, markup=False)
        console.print("soak: " + ("good" if self.is_good else "FAILED"))

    def _each(self) -> list[tuple[str, str, Course | None]]:
        return [(name, key, one) for name, courses in self.courses.items() for key, one in courses.items()]


def draw(sampler: Sampler, file: Path) -> None:
    """Draw memory, descriptors and threads of each process, temperature and time between searches, as SVG."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - it takes a second

    figure, rows = plt.subplots(5, figsize=(10, 13), layout="constrained", sharex=True)
    for axes, (key, label) in zip(
        rows, (("own", "own memory, MB"), ("proportional", "PSS, MB"), ("descriptors", "descriptors")), strict=False
    ):
        for name in dict.fromkeys(sample.name for sample in sampler.samples):
            own = [sample for sample in sampler.samples if sample.name == name]
            values = [getattr(one.resources, key) for one in own]
            axes.plot([one.second / 60 for one in own], values, ".-", label=name, markersize=2, linewidth=0.8)
        axes.set(ylabel=label)
        if axes.lines:
            axes.legend(loc="upper left")
    for axes, points, label in (
        (rows[3], sampler.celsius, "simulated °C"),
        (rows[4], sampler.between_scans, "seconds between searches"),
    ):
        axes.plot([second / 60 for second, _ in points], [value for _, value in points], linewidth=0.8)
        axes.set(ylabel=label)
    for axes in rows:
        axes.grid(alpha=0.3)
    rows[-1].set(xlabel="minutes")
    figure.savefig(file)
    plt.close(figure)
