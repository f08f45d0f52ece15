"""Rectangles: boxes in pixels, and zones of the picture in which no face counts (posters, a screen, a window)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.int32]
"""(N, 4) rows of x, y, width, height in pixels."""
Rectangles = NDArray[np.int32] | NDArray[np.float64]
"""The same, also between pixels."""
Zone = tuple[float, float, float, float]
"""Left, top, width, height, as shares of the picture."""

_OVERLAPPING, _INSIDE = 0.3, 0.7
"""Intersection over union, and share of the smaller box in the larger one, above which two boxes show one face."""


def overlap(one: Rectangles, other: Rectangles) -> NDArray[np.float64]:
    """Return the (N, M) intersection over union of every pair of (N, 4) and (M, 4) boxes."""
    shared, areas, others = _areas(one, other)
    ratio: NDArray[np.float64] = shared / (areas + others - shared)
    return ratio


def same_face(one: Boxes, other: Boxes) -> NDArray[np.bool_]:
    """Return for every pair of (N, 4) and (M, 4) boxes, as (N, M), whether both can only be one and the same face.

    They overlap by more than two different faces do, or one lies mostly inside the other.
    """
    if not len(one) or not len(other):
        return np.zeros((len(one), len(other)), bool)
    shared, areas, others = _areas(one, other)
    mostly_inside = shared > _INSIDE * np.minimum(areas, others)
    same: NDArray[np.bool_] = mostly_inside | (shared > _OVERLAPPING * (areas + others - shared))
    return same


def one_box_a_face(boxes: Boxes, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for (N, 4) boxes whether each is the best, by the (N,) scores, of those that show the same face."""
    kept = np.zeros(len(boxes), bool)
    same = same_face(boxes, boxes)
    for index in np.argsort(-scores, kind="stable"):
        kept[index] = not (same[index] & kept).any()
    return kept


def _areas(one: Rectangles, other: Rectangles) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the (N, M) shared areas of every pair, and the (N, 1) and (1, M) areas of the boxes."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    shared = np.ones((len(a), len(b)))
    for axis in (0, 1):  # one after the other: reducing over an axis of two costs more than all else here
        start = np.maximum(a[:, None, axis], b[None, :, axis])
        end = np.minimum((a[:, axis] + a[:, axis + 2])[:, None], (b[:, axis] + b[:, axis + 2])[None, :])
        shared *= np.maximum(end - start, 0)
    return shared, (a[:, 2] * a[:, 3])[:, None], (b[:, 2] * b[:, 3])[None, :]


def outside(boxes: Boxes, zones: Sequence[Zone], width: int, height: int) -> NDArray[np.bool_]:
    """Return for (N, 4) `boxes` in pixels of a `width` x `height` picture whether their centre lies in no zone."""
    centres = (boxes[:, :2] + boxes[:, 2:] / 2) / (width, height)
    kept = np.ones(len(boxes), bool)
    for left, top, across, down in zones:
        inside = (centres >= (left, top)) & (centres < (left + across, top + down))
        kept &= ~inside.all(1)
    return kept
