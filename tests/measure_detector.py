"""Measure cascade and judge on annotated pictures: `python -m tests.measure_detector --help`.

A detection is right at IoU >= 0.4 with an annotated face, and each face has one detection, that of the best overlap: a
second box on the same face is false. What is below 32 px of a 1024 px wide picture is left out, and so are faces that
the annotation marks invalid. Recall is of typical faces: frontal, little occluded, little blurred. Cost is CPU time
relative to OpenCV's default cascade at 640 pixels, step 1.1, in the same run. With `--gain`, `--noise` and `--backlit`
the same pictures are taken in less light, and the change of the mean emotions against the picture as it is is shown,
in percentage points of the emotion that changes most: of all right detections, and of the faces found in both.
"""

import json
import math
import time
from collections.abc import Callable
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
from edge.camera.sources.picture import read_luma
from edge.config import Vision
from edge.contract.records import EMOTIONS
from edge.vision.classifier import Answers, EmotionClassifier
from edge.vision.crops import face_crops
from edge.vision.detectors import make_detector
from edge.vision.detectors.base import Detections
from edge.vision.geometry import Boxes, one_box_a_face, overlap
from edge.vision.runtime import sha256
from edge.vision.score_fusion import fused_probability
from tests.conftest import DATA
from tests.support.light import backlit, dimmed

_SMALLEST = 32
_SAME = 0.4
_NEIGHBORS = (1, 2, 3, 4, 5, 6, 7, 8, 10)
_YUNET_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)
_SCORES = (0.0, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Picture:
    """What was found on one picture.

    Attributes:
        found: all that was proposed.
        scores: (N,) probability that each is a face.
        emotions: (N, 7) probabilities.
        truth: (M, 4) annotated faces.
        typical: (M,) whether each is large, frontal, little occluded and little blurred.
        invalid: (M,) whether the annotation gives no judgement.
        unit: what its pixels are in a picture 1024 px wide.

    """

    found: Detections
    scores: NDArray[np.float64]
    emotions: NDArray[np.float64]
    truth: Boxes
    typical: NDArray[np.bool_]
    invalid: NDArray[np.bool_]
    unit: float

    def kept(self, confidence: float, score: float) -> NDArray[np.int64]:
        """Return the detections that are counted at these thresholds, one a face."""
        sure = np.flatnonzero((self.found.confidence >= confidence) & (self.scores >= score))
        return sure[one_box_a_face(self.found.boxes[sure], self.scores[sure])]

    def matched(self, kept: NDArray[np.int64]) -> dict[int, int]:
        """Return which annotated face each of the kept detections is, best overlap first, one to one."""
        pairs: dict[int, int] = {}
        if not len(kept) or not len(self.truth):
            return pairs
        shared = overlap(self.found.boxes[kept], self.truth)
        while shared.max() >= _SAME:
            row, column = np.unravel_index(int(shared.argmax()), shared.shape)
            pairs[int(kept[row])] = int(column)
            shared[row, :] = shared[:, column] = 0
        return pairs

    def is_small(self, detection: int) -> bool:
        """Whether a detection is smaller than what is asked for."""
        width, height = self.found.boxes[detection, 2:]
        return math.sqrt(width * height) * self.unit < _SMALLEST


@dataclass
class Found:
    """What one configuration proposes, and the CPU seconds of its searches."""

    pictures: list[Picture] = field(default_factory=list)
    seconds: float = 0.0

    def point(self, confidence: float, score: float) -> tuple[float, float, float]:
        """Return recall of typical faces, precision, and false people per faceless picture at these thresholds."""
        seen, typical, right, wrong = 0, 0, 0, 0
        empty: list[int] = []
        for picture in self.pictures:
            kept = picture.kept(confidence, score)
            pairs = picture.matched(kept)
            typical += int(picture.typical.sum())
            seen += int(picture.typical[list(pairs.values())].sum())
            right += sum(not picture.invalid[face] for face in pairs.values())
            wrong += sum(int(one) not in pairs and not picture.is_small(int(one)) for one in kept)
            if not len(picture.truth):
                empty.append(len(kept))
        precision = right / (right + wrong) if right + wrong else 1.0
        return seen / max(1, typical), precision, float(np.mean(empty)) if empty else 0.0

    def emotions(self, confidence: float, score: float) -> dict[tuple[int, int], NDArray[np.float64]]:
        """Return the (7,) probabilities of every annotated face that was found, by picture and face."""
        return {
            (number, face): picture.emotions[one]
            for number, picture in enumerate(self.pictures)
            for one, face in picture.matched(picture.kept(confidence, score)).items()
        }


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


def _picture(entry: dict[str, Any], found: Detections, answers: Answers, scores: NDArray[np.float64]) -> Picture:
    unit = 1024 / entry["width"]
    truth = np.rint(np.array(entry["boxes"]).reshape(-1, 4)).astype(np.int32)
    attributes = entry.get("attrs", [])
    invalid = np.array([bool(one["invalid"]) for one in attributes], bool)
    usual = np.array([not a["pose"] and a["occlusion"] < 2 and a["blur"] < 2 for a in attributes], bool)
    large = np.sqrt(truth[:, 2:].prod(1)) * unit >= _SMALLEST
    return Picture(found, scores, answers.probabilities, truth, large & usual & ~invalid, invalid, unit)


def measure(
    settings: list[Vision], which: slice, light: Callable[[Luma], Luma] | None = None, *, reference: bool = False
) -> tuple[list[Found], float]:
    """Return what each configuration finds on `which` pictures, and the plain cascade's CPU seconds, by `reference`."""
    annotations = json.loads((DATA / "faces-dev" / "annotations.json").read_text())[which]
    detectors = [make_detector(one) for one in settings]
    classifier = EmotionClassifier(settings[0])
    results, plain = [Found() for _ in settings], _Plain()
    for entry in track(annotations, "pictures", console=Console(stderr=True)):
        luma = read_luma(DATA / "faces-dev" / entry["file"])
        luma = light(luma) if light else luma
        if reference:
            plain.time(luma)
        for detector, result in zip(detectors, results, strict=True):
            begun = time.process_time()
            found = detector.detect(luma)
            result.seconds += time.process_time() - begun
            answers = classifier.classify(face_crops(luma, found.boxes))
            scores = fused_probability(answers.face, detector.evidence(found.confidence))
            result.pictures.append(_picture(entry, found, answers, scores))
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


@click.command
@click.option("--model", default="standard", show_default=True)
@click.option("--every", default=1, help="Only every Nth picture.")
@click.option("--first", default=0, help="Number of the first picture: the odd half is --every 2 --first 1.")
@click.option("--gain", "gains", multiple=True, type=float, help="Share of the light; several may be given.")
@click.option("--noise", default=1.0, show_default=True, help="Grey levels of noise after that.")
@click.option("--backlit", "behind", is_flag=True, help="Also with a quarter of the contrast under a veil.")
def lit(  # noqa: PLR0913 - one for each option
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
        (found,), _ = measure([vision], slice(first, None, every), light)
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


@click.command
@click.option("--model", default="standard", show_default=True)
@click.option("--every", default=1, help="Only every Nth picture.")
@click.option("--width", "widths", multiple=True, type=int, default=(Vision().scan_width,), show_default=True)
@click.option("--step", "steps", multiple=True, type=float, default=(Vision().scale_factor,), show_default=True)
@click.option("--yunet", type=click.Path(path_type=Path, exists=True), help="Measure this model of YuNet as well.")
@click.option("--draw", type=click.Path(path_type=Path), help="PNG of the fronts.")
def thresholds(  # noqa: PLR0913 - one for each option
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
    results, plain = measure([way.settings for way in ways], slice(0, None, every), reference=True)
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


@click.group(help=__doc__)
def main() -> None:
    pass


main.add_command(lit)
main.add_command(thresholds)


if __name__ == "__main__":
    main()
