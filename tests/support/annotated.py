"""What a detector and the model together find on annotated pictures.

A detection is right at IoU >= 0.4 with an annotated face, and each face has one detection, that of the best overlap: a
second box on the same face is false. What is below 32 px of a 1024 px wide picture is left out, and so are faces that
the annotation marks invalid. Recall is of typical faces: frontal, little occluded, little blurred.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from edge.camera.sources.base import Luma
from edge.camera.sources.picture import read_luma
from edge.vision.classifier import Answers, EmotionClassifier
from edge.vision.crops import face_crops
from edge.vision.detectors.base import Detections, Detector
from edge.vision.geometry import Boxes, one_box_a_face, overlap
from edge.vision.score_fusion import fused_probability
from tests.conftest import DATA

_SMALLEST = 32
_SAME = 0.4


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

    def add(self, entry: dict[str, Any], luma: Luma, detector: Detector, classifier: EmotionClassifier) -> None:
        """Search a (height, width) uint8 picture whose annotation is `entry`, and judge what is found."""
        begun = time.process_time()
        found = detector.detect(luma)
        self.seconds += time.process_time() - begun
        answers = classifier.classify(face_crops(luma, found.boxes))
        scores = fused_probability(answers.face, detector.evidence(found.confidence))
        self.pictures.append(_picture(entry, found, answers, scores))


def annotated(which: slice) -> Iterator[tuple[dict[str, Any], Luma]]:
    """Yield the annotation and the (height, width) uint8 pixels of `which` pictures."""
    entries = json.loads((DATA / "faces-dev" / "annotations.json").read_text())[which]
    for entry in track(entries, "pictures", console=Console(stderr=True)):
        yield entry, read_luma(DATA / "faces-dev" / entry["file"])


def _picture(entry: dict[str, Any], found: Detections, answers: Answers, scores: NDArray[np.float64]) -> Picture:
    unit = 1024 / entry["width"]
    truth = np.rint(np.array(entry["boxes"]).reshape(-1, 4)).astype(np.int32)
    attributes = entry.get("attrs", [])
    invalid = np.array([bool(one["invalid"]) for one in attributes], bool)
    usual = np.array([not a["pose"] and a["occlusion"] < 2 and a["blur"] < 2 for a in attributes], bool)
    large = np.sqrt(truth[:, 2:].prod(1)) * unit >= _SMALLEST
    return Picture(found, scores, answers.probabilities, truth, large & usual & ~invalid, invalid, unit)
