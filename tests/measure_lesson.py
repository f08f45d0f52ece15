"""Measure which changes the summary of a lesson finds, and how many that are none: `python -m tests.measure_lesson`.

Lessons of 45 minutes are made up (`tests/hub/lessons.py`), and disclosed by the code that a device runs.
"""

import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import click
import numpy as np

from edge.contract.records import Disclosed
from edge.hub.lesson.changes import Change, find_changes
from edge.hub.lesson.samples import Sample
from tests.hub.lessons import LENGTH, Kind, error_of, lessons

SIZES = (8, 12, 24, 30)
NATURES: tuple[dict[str, Any], ...] = (
    {"changes": 0.05, "leave": 4},
    {"changes": 0.2},
    {"changes": 0.2, "leave": 4},
    {"changes": 0.8},
    {"changes": 0.2, "nature": "wander"},
    {"changes": 0.8, "nature": "wander"},
)
_CLASS = 24
_CHANGED = 3
_IN_TIME_SECONDS = 60
_WORKERS = 2


def samples_of(records: list[Disclosed]) -> list[Sample]:
    """Return the numbers of records, as the hub reads them from its store."""
    found = []
    for number, record in enumerate(records, 1):
        shown, emotions = record.emotions, None
        if record.suppressed is None and record.faces.mean is not None:
            happy, neutral, unsure = shown.happy or 0.0, shown.neutral or 0.0, record.unsure or 0.0
            emotions = (happy, neutral, round(record.faces.mean - happy - neutral - unsure, 1), unsure)
        found.append(Sample(number * LENGTH, LENGTH, record.faces.mean, emotions, error_of(record)))
    return found


def longer(samples: list[Sample], times: int) -> list[Sample]:
    """Return what a device would publish with intervals so many times as long; whole ones only."""
    return [_joined(samples[at : at + times]) for at in range(0, len(samples) - times + 1, times)]


def _joined(parts: list[Sample]) -> Sample:
    def mean(values: list[float]) -> float:
        return round(sum(values) / len(values), 1)

    people = [each.people for each in parts if each.people is not None]
    emotions = [each.emotions for each in parts if each.emotions is not None]
    errors = [each.error for each in parts if each.error is not None]
    return Sample(
        parts[-1].ended,
        sum(each.seconds for each in parts),
        mean(people) if len(people) == len(parts) else None,
        tuple(mean(list(group)) for group in zip(*emotions, strict=True)) if len(emotions) == len(parts) else None,
        mean(errors) if len(errors) == len(parts) else None,
    )


def measure(kind: Kind, number: int, seed: tuple[int, ...], interval: int) -> dict[str, float]:
    """Return what was found in so many lessons of a kind, with intervals of so many seconds."""
    made = lessons(kind, number, np.random.default_rng(seed))
    begun = time.process_time()
    records = [longer(samples_of(lesson.records), interval // LENGTH) for lesson in made]
    found = [(find_changes(each), lesson.change) for each, lesson in zip(records, made, strict=True)]
    result = {"ms": (time.process_time() - begun) / number * 1000}
    if not kind.changed:
        return result | {
            "changes": sum(len(changes) for changes, _none in found) / number,
            "lessons": sum(bool(changes) for changes, _none in found) / number,
        }
    late = [_late(kind, changes, (begin or 0) * LENGTH) for changes, begin in found]
    hits = [each for each in late if each is not None]
    result["found"] = sum(each <= _IN_TIME_SECONDS for each in hits) / number
    return result | {"median": statistics.median(hits) if hits else float("nan")}


def _late(kind: Kind, changes: list[Change], begin: int) -> int | None:
    """Return how far the nearest change of the right kind is from the true one, seconds; None: there is none."""
    group, sign = ("people", -1) if kind.what == "leave" else ("smiling", 1)
    stated = [each for each in changes if not each.gradual]
    right = [each for each in stated if each.group == group and (each.after - each.before) * sign > 0]
    return min((abs(each.at - begin) for each in right), default=None)


def _name(nature: dict[str, Any]) -> str:
    words = f"{100 * nature['changes']:.0f} %" + (", keep the new look" if "nature" in nature else "")
    return words + (f", {nature['leave']} leave for 1–5 minutes" if "leave" in nature else "")


@click.command()
@click.option("--each", default=45, show_default=True, help="Lessons of each kind.")
@click.option("--seed", default=3, show_default=True, help="Thresholds were chosen with 1.")
@click.option("--interval", default=LENGTH, show_default=True, help="Seconds of a record: a multiple of 10.")
def main(each: int, seed: int, interval: int) -> None:
    """Print both tables."""
    still = {(n, size): Kind(size, **nature) for n, nature in enumerate(NATURES) for size in SIZES}
    changed = {
        (n, what): Kind(_CLASS, **nature, changed=_CHANGED, what=what)
        for n, nature in enumerate(NATURES)
        for what in ("leave", "smile")
    }
    kinds = [*still.values(), *changed.values()]
    with ProcessPoolExecutor(_WORKERS) as pool:
        jobs = [pool.submit(measure, kind, each, (seed, number), interval) for number, kind in enumerate(kinds)]
        results = dict(zip([*still, *changed], [job.result() for job in jobs], strict=True))
    click.echo(f"{each * len(still)} lessons without a change: false changes in a lesson, by people")
    click.echo(
        "| looks that change in an interval | " + " | ".join(map(str, SIZES)) + " |\n|---|" + "---|" * len(SIZES)
    )
    for n, nature in enumerate(NATURES):
        cells = " | ".join(f"{results[n, size]['changes']:.2f}" for size in SIZES)
        click.echo(f"| {_name(nature)} | {cells} |")
    mean = statistics.fmean(results[key]["changes"] for key in still)
    click.echo(f"all: {mean:.3f} false changes in a lesson")
    click.echo(
        f"{each * len(changed)} lessons: {_CHANGED} of {_CLASS} for three minutes; found within 60 s, median error"
    )
    click.echo("| looks that change in an interval | leave | median | smile | median |\n|---|---|---|---|---|")
    for n, nature in enumerate(NATURES):
        leave, smile = results[n, "leave"], results[n, "smile"]
        cells = " | ".join(f"{100 * one['found']:.0f} % | {one['median']:.0f} s" for one in (leave, smile))
        click.echo(f"| {_name(nature)} | {cells} |")
    click.echo(
        f"finding changes: {statistics.fmean(one['ms'] for one in results.values()):.0f} ms of a core for a lesson"
    )


if __name__ == "__main__":
    main()
