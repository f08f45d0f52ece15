"""What a Haar cascade proposes on annotated pictures, and which of it is a face."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from edge.vision.crops import crop_faces
from edge.vision.geometry import overlap
from edge.vision.score_fusion import log_odds
from models.training.model_file import Answers

CASCADE = "haarcascade_frontalface_alt2.xml"
SEARCHED_WIDTH = 800
SCALE_FACTOR = 1.15
SMALLEST = 25
_FACE = 0.4  # least overlap with an annotated face
_NO_FACE = 0.2  # largest overlap of what is none; between the two lies neither


@dataclass(frozen=True)
class Candidates:
    """Windows proposed on pictures.

    Attributes:
        windows: (N, 48, 48) uint8.
        face: (N,) bool.
        neighbors: (N,) int64, how many raw windows were merged into each; 1 where none were merged.
        picture: (N,) int64, number of the picture.

    """

    windows: NDArray[np.uint8]
    face: NDArray[np.bool_]
    neighbors: NDArray[np.int64]
    picture: NDArray[np.int64]


def propose(folder: Path, *, merged: bool) -> Candidates:
    """Run the cascade on the pictures that `folder/annotations.json` lists.

    Args:
        folder: the annotation lists `file` and `boxes`, x, y, width, height in pixels of that file, and may mark
            boxes `invalid` in `attrs`.
        merged: True gives the clusters of at least two windows, which the daemon looks at; False every raw window.

    """
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + CASCADE)
    windows, faces, neighbors, pictures = [], [], [], []
    entries = json.loads((folder / "annotations.json").read_text())
    for number, entry in enumerate(track(entries, "pictures", console=Console(stderr=True))):
        grey = cv2.imread(str(folder / entry["file"]), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            message = f"{folder / entry['file']}: cannot be read as a picture"
            raise ValueError(message)
        scale = min(1.0, SEARCHED_WIDTH / max(grey.shape))
        size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
        searched = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        found, counts = cascade.detectMultiScale2(
            searched, scaleFactor=SCALE_FACTOR, minNeighbors=1 if merged else 0, minSize=(SMALLEST, SMALLEST)
        )
        if not len(found):
            continue
        boxes = np.rint(np.asarray(found, np.float64) / scale).astype(np.int32)
        known = np.array(entry["boxes"], np.float64).reshape(-1, 4)
        shared = overlap(boxes, known) if len(known) else np.zeros((len(boxes), 1))
        valid = np.array([not a["invalid"] for a in entry.get("attrs", [])] or [True] * shared.shape[1])
        for window, count, row in zip(crop_faces(grey, boxes), np.asarray(counts).reshape(-1), shared, strict=True):
            best = int(row.argmax())
            if _NO_FACE <= row[best] < _FACE or (row[best] >= _FACE and not valid[best]):
                continue
            windows.append(window)
            faces.append(row[best] >= _FACE)
            neighbors.append(int(count))
            pictures.append(number)
    if not windows:
        message = f"{folder}: the cascade proposes nothing on these pictures"
        raise ValueError(message)
    return Candidates(np.stack(windows), np.array(faces), np.array(neighbors), np.array(pictures))


@dataclass(frozen=True)
class Rejection:
    """How well a score tells faces from what only looks like one.

    Attributes:
        faces: how many windows show a face.
        others: how many do not.
        kept: share of the others that stay where the threshold keeps 95 % of the faces. The threshold is chosen on
            one half of the pictures and applied to the other, both ways.
        faces_kept: share of the faces that really stay then.
        area: probability that a face scores above another window (area under the ROC curve).
        threshold: that keeps 95 % of the faces of all pictures.

    """

    faces: int
    others: int
    kept: float
    faces_kept: float
    area: float
    threshold: float


def face_scores(answers: Answers, model: Path) -> NDArray[np.float64] | None:
    """Return (N,) log-odds of a face as the daemon sees them, or None of a model without that output.

    Args:
        answers: of the model to N windows.
        model: its file; the metadata beside it say what each emotion adds.

    """
    if answers.face is None:
        return None
    metadata = model.with_suffix(".json")
    odds = json.loads(metadata.read_text()).get("face_odds") if metadata.exists() else None
    probabilities = answers.viewers.astype(np.float64)
    probabilities /= probabilities.sum(1, keepdims=True)
    scores: NDArray[np.float64] = log_odds(answers.face.astype(np.float64))
    return scores if odds is None else scores + probabilities @ np.array(odds)


def rejection(scores: NDArray[np.float64], candidates: Candidates, keep: float = 0.95) -> Rejection:
    """Measure (N,) `scores`, larger for faces, on `candidates`."""
    face = candidates.face
    kept = np.zeros(len(scores), bool)
    for half in (0, 1):
        applied = candidates.picture % 2 == half
        kept[applied] = scores[applied] >= np.quantile(scores[face & ~applied], 1 - keep)
    _values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = int(face.sum()), int((~face).sum())
    return Rejection(
        faces=n,
        others=m,
        kept=round(float(kept[~face].mean()), 4),
        faces_kept=round(float(kept[face].mean()), 4),
        area=round(float((ranks[face].sum() - n * (n + 1) / 2) / (n * m)), 4),
        threshold=round(float(np.quantile(scores[face], 1 - keep)), 4),
    )
