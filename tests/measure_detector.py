"""Measure cascade and model together on annotated pictures, at every threshold of both.

    python -m tests.measure_detector [--every N]

What is right and what counts: see `tests.support.annotated`. Cost is CPU time relative to OpenCV's default cascade at
640 pixels, step 1.1, in the same run.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from edge.config import Vision
from edge.vision.classifier import EmotionClassifier
from edge.vision.detectors import make_detector
from edge.vision.runtime import sha256
from tests.support.annotated import Found, annotated
from tests.support.plain_cascade import PlainCascade

_NEIGHBORS = (1, 2, 3, 4, 5, 6, 7, 8, 10)
_YUNET_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)
_SCORES = (0.0, 0.5, 0.7, 0.9)


def _measure(settings: list[Vision], which: slice) -> tuple[list[Found], float]:
    """Return what each configuration finds on `which` pictures, and the plain cascade's CPU seconds."""
    detectors = [make_detector(one) for one in settings]
    classifier = EmotionClassifier(settings[0])
    results, plain = [Found() for _ in settings], PlainCascade()
    for entry, luma in annotated(which):
        plain.time(luma)
        for detector, result in zip(detectors, results, strict=True):
            result.add(entry, luma, detector, classifier)
    return results, plain.seconds


@dataclass(frozen=True)
class Way:
    """One detector with its settings, and the thresholds of its confidence that are tried."""

    name: str
    settings: Vision
    thresholds: tuple[float, ...]


def _ways(model: str, widths: tuple[int, ...], steps: tuple[float, ...], yunet: Path | None) -> list[Way]:
    ways = [
        Way(f"{width}, {step}", Vision(model=model, scan_width=width, scale_factor=step), _NEIGHBORS)
        for width, step in product(widths, steps)
    ]
    if yunet:
        settings = Vision(model=model, detector="yunet", yunet_model=str(yunet), yunet_sha256=sha256(yunet))
        ways.append(Way("YuNet", settings, _YUNET_SCORES))
    return ways


def _draw(ways: list[Way], results: list[Found], plain: float, out: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - not needed for the table

    figure, axes = plt.subplots(figsize=(7, 5), dpi=120, layout="constrained")
    for way, found in zip(ways, results, strict=True):
        points = sorted(found.point(*pair)[:2] for pair in product(way.thresholds, _SCORES))
        front = [
            point for number, point in enumerate(points) if all(point[1] > later[1] for later in points[number + 1 :])
        ]
        axes.plot(*zip(*front, strict=True), ".-", label=f"{way.name}: {found.seconds / plain:.2f}")
    axes.set(xlabel="recall of typical faces", ylabel="precision", ylim=(0.9, 1))
    axes.grid(alpha=0.3)
    axes.legend(title="width, step: cost")
    figure.savefig(out)


@click.command(help=__doc__)
@click.option("--model", default="standard", show_default=True)
@click.option("--every", default=1, help="Only every Nth picture.")
@click.option("--width", "widths", multiple=True, type=int, default=(Vision().scan_width,), show_default=True)
@click.option("--step", "steps", multiple=True, type=float, default=(Vision().scale_factor,), show_default=True)
@click.option("--yunet", type=click.Path(path_type=Path, exists=True), help="Measure this model of YuNet as well.")
@click.option("--draw", type=click.Path(path_type=Path), help="PNG of the fronts.")
def main(  # noqa: PLR0913 - one for each option
    *,
    model: str,
    every: int,
    widths: tuple[int, ...],
    steps: tuple[float, ...],
    yunet: Path | None,
    draw: Path | None,
) -> None:
    """Print recall, precision, false people and cost for every width and step and the thresholds of both."""
    ways = _ways(model, widths, steps, yunet)
    results, plain = _measure([way.settings for way in ways], slice(0, None, every))
    table = Table("width, step", "cost", "sure", "face", "recall", "precision", "false per faceless picture")
    for way, result in zip(ways, results, strict=True):
        for sure, score in product(way.thresholds, _SCORES):
            recall, precision, false = result.point(sure, score)
            table.add_row(
                *map(str, (way.name, f"{result.seconds / plain:.2f}", sure, score)),
                *(f"{value:.3f}" for value in (recall, precision, false)),
            )
    Console().print(table, f"{sum(one.typical.sum() for one in results[0].pictures)} typical faces")
    if draw:
        _draw(ways, results, plain, draw)


if __name__ == "__main__":
    main()
