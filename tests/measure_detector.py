"""Measure the detector on annotated pictures, and fit `face_score`: `python -m tests.measure_detector [PICTURES]`.

A detection is right at IoU >= 0.4 with an annotated face; what is below 32 px of a 1024 px wide picture is left out,
and so are faces that the annotation marks invalid. Recall is of typical faces: frontal, little
occluded, little blurred.
"""

import json
import math
import sys

import numpy as np
from numpy.typing import NDArray

from edge.camera.images import read_luma
from edge.config import Vision
from edge.vision.boxes import overlap
from edge.vision.detector import HaarDetector
from tests.conftest import DATA

_SMALLEST = 32


def main(pictures: int) -> None:
    """Print recall, precision and false people for several thresholds, then the fitted score."""
    detector = HaarDetector(Vision())
    annotations = json.loads((DATA / "faces-dev" / "annotations.json").read_text())
    with_faces = [entry for entry in annotations if entry["boxes"]][:pictures]
    neighbors: list[int] = []
    right: list[bool] = []
    best_of_typical: list[int] = []
    for entry in with_faces:
        unit = 1024 / entry["width"]
        found = detector.detect(read_luma(DATA / "faces-dev" / entry["file"]))
        truth = np.rint(entry["boxes"]).astype(np.int32)
        shared = overlap(found.boxes, truth) if len(found.boxes) else np.zeros((0, len(truth)))
        for box, count, row in zip(found.boxes, found.neighbors, shared, strict=True):
            hit = row.max() >= 0.4
            if hit and entry["attrs"][int(row.argmax())]["invalid"]:
                continue
            if hit or math.sqrt(box[2] * box[3]) * unit >= _SMALLEST:
                neighbors.append(int(count))
                right.append(bool(hit))
        for index, attributes in enumerate(entry["attrs"]):
            size = math.sqrt(truth[index, 2] * truth[index, 3]) * unit
            typical = not attributes["pose"] and attributes["occlusion"] < 2 and attributes["blur"] < 2
            if size >= _SMALLEST and typical and not attributes["invalid"]:
                column = shared[:, index]
                hits = found.neighbors[column >= 0.4] if len(column) else np.array([], np.int32)
                best_of_typical.append(int(hits.max()) if len(hits) else 0)
    counts, labels, typical_best = np.array(neighbors), np.array(right), np.array(best_of_typical)
    print(f"{len(with_faces)} pictures, {len(typical_best)} typical faces\nneighbors  recall  precision")
    for threshold in (2, 3, 4, 5, 6, 8, 10):
        kept = counts >= threshold
        print(f"{threshold:>9}  {(typical_best >= threshold).mean():>6.3f}  {labels[kept].mean():>9.3f}")
    intercept, slope = _logistic(np.log(counts), labels)
    print(f"face_score: intercept {intercept:.2f}, slope {slope:.2f}")


def _logistic(x: NDArray[np.float64], y: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit P(y) = 1 / (1 + exp(-(a + b x))) by Newton's method."""
    design = np.stack([np.ones_like(x), x], 1)
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2)
        weights += np.linalg.solve(hessian, design.T @ (y - p))
    return float(weights[0]), float(weights[1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
