"""Measure cascade and judge on annotated pictures: `python -m tests.measure_detector --help`.

A detection is right at IoU >= 0.4 with an annotated face; what is below 32 px of a 1024 px wide picture is left out,
and so are faces that the annotation marks invalid. Recall is of typical faces: frontal, little occluded, little
blurred. Cost is CPU time relative to OpenCV's default cascade at 640 pixels, step 1.1, in the same run.
"""

import json
import math
import time
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.camera.sources.base import Luma
from edge.camera.sources.images import read_luma
from edge.config import Vision
from edge.vision.classifier import EmotionClassifier, crop_faces
from edge.vision.detectors import make_detector
from edge.vision.detectors.base import Detections
from edge.vision.geometry import overlap
from edge.vision.runtime import sha256
from edge.vision.score_fusion import fused_probability
from tests.conftest import DATA

_SMALLEST = 32
_NEIGHBORS = (1, 2, 3, 4, 5, 6, 7, 8, 10)
_YUNET_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)
_SCORES = (0.0, 0.5, 0.7, 0.9)


@dataclass
class Found:
    """What one configuration proposes.

    Attributes:
        proposed: confidence, face score and whether it is right, of everything that is large enough.
        typical: of every typical face, confidence and score of all that covers it.
        empty: of every picture without faces, confidence and score of all that was found.
        seconds: CPU time of the search.

    """

    proposed: list[tuple[float, float, bool]] = field(default_factory=list)
    typical: list[list[tuple[float, float]]] = field(default_factory=list)
    empty: list[list[tuple[float, float]]] = field(default_factory=list)
    seconds: float = 0.0

    def point(self, confidence: float, score: float) -> tuple[float, float, float]:
        """Return recall of typical faces, precision, and false people per faceless picture at these thresholds."""
        kept = [right for c, s, right in self.proposed if c >= confidence and s >= score]
        seen = [any(c >= confidence and s >= score for c, s in one) for one in self.typical]
        false = [sum(c >= confidence and s >= score for c, s in one) for one in self.empty]
        return float(np.mean(seen)), float(np.mean(kept)) if kept else 1.0, float(np.mean(false)) if false else 0.0


class _Plain:
    """OpenCV's default cascade as its examples use it."""

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(
            str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
        )
        self.seconds = 0.0

    def time(self, luma: Luma) -> None:
        begun = time.process_time()
        scale = min(1.0, 640 / max(luma.shape))
        searched = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._cascade.detectMultiScale(searched, 1.1, 5)
        self.seconds += time.process_time() - begun


def _compare(entry: dict[str, Any], found: Detections, scores: NDArray[np.float64], result: Found) -> None:
    unit = 1024 / entry["width"]
    truth = np.rint(np.array(entry["boxes"]).reshape(-1, 4)).astype(np.int32)
    some = len(truth) and len(found.boxes)
    shared = overlap(found.boxes, truth) if some else np.zeros((len(found.boxes), len(truth)))
    pairs = list(zip(found.confidence.tolist(), scores.tolist(), strict=True))
    for box, (confidence, score), row in zip(found.boxes, pairs, shared, strict=True):
        hit = len(row) > 0 and row.max() >= 0.4
        if hit and entry["attrs"][int(row.argmax())]["invalid"]:
            continue
        if hit or math.sqrt(box[2] * box[3]) * unit >= _SMALLEST:
            result.proposed.append((confidence, score, bool(hit)))
    for index, attributes in enumerate(entry.get("attrs", [])):
        size = math.sqrt(truth[index, 2] * truth[index, 3]) * unit
        usual = not attributes["pose"] and attributes["occlusion"] < 2 and attributes["blur"] < 2
        if size >= _SMALLEST and usual and not attributes["invalid"]:
            result.typical.append([pairs[i] for i in range(len(shared)) if shared[i, index] >= 0.4])
    if not len(truth):
        result.empty.append(pairs)


def measure(settings: list[Vision], every: int) -> tuple[list[Found], float]:
    """Return what each configuration finds on every `every`-th of the pictures, and the plain cascade's CPU seconds."""
    annotations = json.loads((DATA / "faces-dev" / "annotations.json").read_text())[::every]
    detectors = [make_detector(one) for one in settings]
    classifier = EmotionClassifier(settings[0])
    results, plain = [Found() for _ in settings], _Plain()
    for entry in track(annotations, "pictures", console=Console(stderr=True)):
        luma = read_luma(DATA / "faces-dev" / entry["file"])
        plain.time(luma)
        for detector, result in zip(detectors, results, strict=True):
            begun = time.process_time()
            found = detector.detect(luma)
            result.seconds += time.process_time() - begun
            face = classifier.classify(crop_faces(luma, found.boxes)).face
            _compare(entry, found, fused_probability(face, detector.evidence(found.confidence)), result)
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
@click.option("--every", default=1, help="Only every so-manieth picture.")
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
    results, plain = measure([way.settings for way in ways], every)
    table = Table("width, step", "cost", "sure", "face", "recall", "precision", "false per faceless picture")
    for way, result in zip(ways, results, strict=True):
        for sure, score in product(way.thresholds, _SCORES):
            recall, precision, false = result.point(sure, score)
            table.add_row(
                *map(str, (way.name, f"{result.seconds / plain:.2f}", sure, score)),
                *(f"{value:.3f}" for value in (recall, precision, false)),
            )
    Console().print(table, f"{len(results[0].typical)} typical faces")
    if draw:
        _draw(ways, results, plain, draw)


if __name__ == "__main__":
    main()
