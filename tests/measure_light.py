"""Measure what less light costs: recall, precision, and by how much the mean emotions change.

    python -m tests.measure_light --gain .25 --backlit

Annotated pictures (what is right and what counts: see `tests.support.annotated`) are taken in less light, at the
thresholds of the daemon. The change of the mean emotions against the picture as it is is shown in percentage points of
the emotion that changes most: of all right detections, and of the faces found in both.
"""

from collections.abc import Callable

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.contract.records import EMOTIONS
from edge.vision.classifier import EmotionClassifier
from edge.vision.detectors import make_detector
from tests.support.annotated import Found, annotated
from tests.support.light import backlit, dimmed


def _lit(gain: float, noise: float, *, behind: bool) -> Callable[[Luma], Luma] | None:
    """Return what takes a picture in less light, or None for the light that it has."""
    generator = np.random.default_rng(0)
    if behind:
        return lambda luma: backlit(luma, noise, generator)
    return (lambda luma: dimmed(luma, gain, noise, generator)) if gain != 1 else None


def _change(one: list[NDArray[np.float64]], other: list[NDArray[np.float64]]) -> str:
    """Return by how much the mean emotions differ, in percentage points of the emotion that differs most."""
    difference = (np.mean(other, 0) - np.mean(one, 0)) * 100
    most = int(np.abs(difference).argmax())
    return f"{EMOTIONS[most]} {difference[most]:+.1f}"


def _measure(vision: Vision, which: slice, light: Callable[[Luma], Luma] | None) -> Found:
    """Return what is found on `which` pictures in this light; None: as they are."""
    detector, classifier, found = make_detector(vision), EmotionClassifier(vision), Found()
    for entry, luma in annotated(which):
        found.add(entry, light(luma) if light else luma, detector, classifier)
    return found


@click.command(help=__doc__)
@click.option("--model", default="standard", show_default=True)
@click.option("--every", default=1, help="Only every Nth picture.")
@click.option("--first", default=0, help="Number of the first picture: the odd half is --every 2 --first 1.")
@click.option("--gain", "gains", multiple=True, type=float, help="Share of the light; several may be given.")
@click.option("--noise", default=1.0, show_default=True, help="Grey levels of noise after that.")
@click.option("--backlit", "behind", is_flag=True, help="Also with a quarter of the contrast under a veil.")
def main(  # noqa: PLR0913 - one for each option
    *, model: str, first: int, every: int, gains: tuple[float, ...], noise: float, behind: bool
) -> None:
    """Print recall, precision and change of the emotions in less light, at the thresholds of the daemon."""
    vision = Vision(model=model)
    lights = {"plain": None} | {f"gain {gain}": _lit(gain, noise, behind=False) for gain in gains}
    if behind:
        lights["backlit"] = _lit(1, noise, behind=True)
    table = Table("light", "seconds", "recall", "precision", "false", "change, all", "change, same faces")
    at = (vision.keep_neighbors, vision.min_face_score)
    usual: dict[tuple[int, int], NDArray[np.float64]] = {}
    for name, light in lights.items():
        found = _measure(vision, slice(first, None, every), light)
        shown = found.emotions(*at)
        usual = usual or shown
        both = [face for face in shown if face in usual]
        changes = (
            _change(list(usual.values()), list(shown.values())),
            _change([usual[face] for face in both], [shown[face] for face in both]),
        )
        values = (f"{value:.3f}" for value in found.point(*at))
        table.add_row(name, f"{found.seconds:.0f}", *values, *changes)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
