"""Measure how often faces are found by what they show: `python -m tests.measure_found --help`.

Faces of FER-2013 PublicTest are pasted into pictures without people, at several sizes, one in each; what they show is
what most of ten viewers saw (FER+). Found is a box at IoU >= 0.3 with the pasted face: by the cascade alone, and by
cascade and model together, at the thresholds of the daemon. Dropped are those that only the cascade alone finds.
"""

import json
from collections import Counter

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
from edge.vision.detectors import make_detector
from edge.vision.geometry import overlap
from edge.vision.pipeline import Pipeline
from tests.conftest import DATA

_VOTES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt")
"""Columns of FER+'s votes; the last two, unknown and not a face, are left out."""
_PUBLIC_TEST = 1
_SAME = 0.3
_BLEND = 0.12
"""Share of the face's side over which it fades into the picture."""


def faces(each: int) -> dict[str, list[Luma]]:
    """Return up to `each` (48, 48) faces of every emotion that most viewers agreed on."""
    collection = np.load(DATA / "fer2013.npz")
    public = collection["split"] == _PUBLIC_TEST
    votes = collection["votes"][public]
    generator = np.random.default_rng(0)
    most = votes.argmax(1)
    clear = (votes == votes.max(1, keepdims=True)).sum(1) == 1
    images = collection["images"][public]
    found = {}
    for emotion in EMOTIONS:
        rows = np.flatnonzero(clear & (most == _VOTES.index(emotion)))
        found[emotion] = [images[row] for row in generator.permutation(rows)[:each]]
    return found


def pasted(background: Luma, face: Luma, size: int, generator: np.random.Generator) -> tuple[Luma, NDArray[np.int32]]:
    """Return the picture with the face somewhere in it, `size` pixels wide, and its (1, 4) box."""
    height, width = background.shape
    x, y = int(generator.integers(0, width - size)), int(generator.integers(0, height - size))
    large = cv2.resize(face, (size, size), interpolation=cv2.INTER_CUBIC if size > len(face) else cv2.INTER_AREA)
    edge = np.minimum(np.arange(size), np.arange(size)[::-1]) / (_BLEND * size)
    weight = np.minimum(1, np.minimum(edge[:, None], edge[None, :]))
    picture = background.copy()
    under = picture[y : y + size, x : x + size]
    under[:] = np.rint(weight * large + (1 - weight) * under)
    return picture, np.array([[x, y, size, size]], np.int32)


@click.command(help=__doc__)
@click.option("--model", default="standard", show_default=True)
@click.option("--each", default=200, show_default=True, help="Faces of an emotion, where there are as many.")
@click.option("--size", "sizes", type=int, multiple=True, default=(96, 64, 48, 36), show_default=True)
def main(*, model: str, each: int, sizes: tuple[int, ...]) -> None:
    """Print the share of faces that are found, by emotion, cascade alone / cascade and model."""
    vision = Vision(model=model)
    detector, pipeline = make_detector(vision), Pipeline(vision)
    entries = json.loads((DATA / "faces-dev" / "annotations.json").read_text())
    empty = [read_luma(DATA / "faces-dev" / entry["file"]) for entry in entries if not entry["boxes"]]
    table = Table("size", *EMOTIONS, "most / least")
    all_proposed, all_judged = Counter[str](), Counter[str]()
    for size in sizes:
        generator = np.random.default_rng(size)
        proposed, judged, shown = Counter[str](), Counter[str](), Counter[str]()
        jobs = [(emotion, face) for emotion, some in faces(each).items() for face in some]
        for number, (emotion, face) in enumerate(track(jobs, f"{size} px", console=Console(stderr=True))):
            picture, box = pasted(empty[number % len(empty)], face, size, generator)
            shown[emotion] += 1
            proposed[emotion] += bool((overlap(detector.detect(picture).boxes, box) >= _SAME).any())
            boxes = np.array([one.box for one in pipeline.examine(picture)], np.int32).reshape(-1, 4)
            judged[emotion] += bool((overlap(boxes, box) >= _SAME).any())
        shares = [judged[one] / shown[one] for one in EMOTIONS]
        cells = [f"{proposed[one] / shown[one]:.2f} / {judged[one] / shown[one]:.2f}" for one in EMOTIONS]
        table.add_row(str(size), *cells, f"{max(shares) / max(min(shares), 1e-9):.2f}")
        all_proposed.update(proposed)
        all_judged.update(judged)
    dropped = [1 - all_judged[one] / max(all_proposed[one], 1) for one in EMOTIONS]
    table.add_row(
        "dropped", *(f"{share:.1%}" for share in dropped), f"{max(dropped) / min(dropped):.2f}" if min(dropped) else "–"
    )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
