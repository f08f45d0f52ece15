"""Measure cascade and judge on annotated pictures: `python -m tests.measure_detector [MODEL] [PICTURES]`.

A detection is right at IoU >= 0.4 with an annotated face; what is below 32 px of a 1024 px wide picture is left out,
and so are faces that the annotation marks invalid. Recall is of typical faces: frontal, little
occluded, little blurred.
"""

import json
import math
import sys

import numpy as np

from edge.camera.images import read_luma
from edge.config import Vision
from edge.vision.boxes import overlap
from edge.vision.classifier import EmotionClassifier, crop_faces
from edge.vision.haar import HaarDetector
from tests.conftest import DATA

_SMALLEST = 32


def main(model: str, pictures: int) -> None:
    """Print recall, precision and false people for thresholds of both."""
    detector, classifier = HaarDetector(Vision()), EmotionClassifier(Vision(model=model))
    annotations = json.loads((DATA / "faces-dev" / "annotations.json").read_text())[:pictures]
    proposed: list[tuple[int, float, bool]] = []  # neighbors, face score, right
    typical: list[list[tuple[int, float]]] = []  # of every typical face: neighbors and score of what covers it
    for entry in annotations:
        unit = 1024 / entry["width"]
        luma = read_luma(DATA / "faces-dev" / entry["file"])
        found = detector.detect(luma)
        scores = classifier.classify(crop_faces(luma, found.boxes)).face
        truth = np.rint(np.array(entry["boxes"]).reshape(-1, 4)).astype(np.int32)
        shared = (
            overlap(found.boxes, truth) if len(truth) and len(found.boxes) else np.zeros((len(found.boxes), len(truth)))
        )
        for box, count, score, row in zip(found.boxes, found.confidence, scores, shared, strict=True):
            hit = len(row) > 0 and row.max() >= 0.4
            if hit and entry["attrs"][int(row.argmax())]["invalid"]:
                continue
            if hit or math.sqrt(box[2] * box[3]) * unit >= _SMALLEST:
                proposed.append((int(count), float(score), bool(hit)))
        for index, attributes in enumerate(entry.get("attrs", [])):
            size = math.sqrt(truth[index, 2] * truth[index, 3]) * unit
            usual = not attributes["pose"] and attributes["occlusion"] < 2 and attributes["blur"] < 2
            if size >= _SMALLEST and usual and not attributes["invalid"]:
                over = [i for i in range(len(shared)) if shared[i, index] >= 0.4]
                typical.append([(int(found.confidence[i]), float(scores[i])) for i in over])
    print(f"{len(annotations)} pictures, {len(typical)} typical faces, judged by {classifier.name}")
    print("neighbors  face  recall  precision  false")
    for neighbors in (2, 3, 4, 6, 10):
        for least in (0.0, 0.2, 0.35, 0.5, 0.7, 0.9):
            kept = [right for count, score, right in proposed if count >= neighbors and score >= least]
            seen = [any(count >= neighbors and score >= least for count, score in one) for one in typical]
            print(
                f"{neighbors:>9}  {least:>4}  {np.mean(seen):>6.3f}  {np.mean(kept):>9.3f}  {len(kept) - sum(kept):>5}"
            )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "standard", int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
