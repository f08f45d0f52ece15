"""What a teacher answers to the faces that a network learns from."""

import math
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor
from torch.nn import functional

from models.training.dataset import SIDE
from models.training.network import CLASSES, Network
from models.training.views import PLAIN

_AT_ONCE = 512
_TURN = math.radians(7)
_ZOOM = 0.1
_SHIFT = 2.0  # pixels
_NEARBY = (
    (0.0, 1.0, 0.0, 0.0),
    (_TURN, 1.0, 0.0, 0.0),
    (-_TURN, 1.0, 0.0, 0.0),
    (0.0, 1.0 - _ZOOM, 0.0, 0.0),
    (0.0, 1.0 + _ZOOM, 0.0, 0.0),
    (0.0, 1.0, _SHIFT, 0.0),
    (0.0, 1.0, -_SHIFT, 0.0),
    (0.0, 1.0, 0.0, _SHIFT),
    (0.0, 1.0, 0.0, -_SHIFT),
)
"""Angle, size of what is looked at, and its shift, around a face as it is."""


def verdict(teacher: Network, shown: Tensor) -> Tensor:
    """Return the (N, 7) float32 probabilities that `teacher` gives to faces of any size.

    Its logits are averaged with those of the mirror image.
    """
    if shown.shape[3] != SIDE:
        shown = functional.interpolate(shown, (SIDE, SIDE), mode="bilinear", align_corners=False)
    return torch.softmax(_logits(teacher, shown), 1)


def settled_verdict(teacher: Network, faces: Tensor) -> Tensor:
    """Return the (N, 7) float32 probabilities that `teacher` gives to (N, 1, 48, 48) faces seen in 18 ways.

    Its logits are averaged over the face a little turned, nearer, farther and off the centre, and over the mirror
    images of these.
    """
    total = torch.zeros(len(faces), CLASSES)
    for angle, zoom, right, down in _NEARBY:
        cosine, sine = zoom * math.cos(angle), zoom * math.sin(angle)
        pose = torch.tensor([[cosine, -sine, 2 * right / SIDE], [sine, cosine, 2 * down / SIDE]])
        grid = functional.affine_grid(pose.expand(len(faces), 2, 3), list(faces.shape), align_corners=False)
        total += _logits(teacher, functional.grid_sample(faces, grid, padding_mode="border", align_corners=False))
    return torch.softmax(total / len(_NEARBY), 1)


def answers(views: Tensor, faces: Tensor, teacher: Network, kept: Path) -> Tensor:
    """Return (V, N, 7) float32, the probabilities that `teacher` gives to every view; they are kept in a file.

    Half of the answer to a plain view is the settled one to the face as it is, which is right more often.

    Args:
        views: (V, N, 1, 48, 48) uint8 of `views.make_views`.
        faces: (N, 1, 48, 48) uint8, what the views are of.
        teacher: who answers.
        kept: npy; where it exists it is read.

    """
    if kept.exists():
        return torch.from_numpy(np.load(kept)).float()
    teacher = teacher.to(memory_format=torch.channels_last)
    found = torch.empty((*views.shape[:2], CLASSES))
    for rows in track(torch.arange(len(faces)).split(_AT_ONCE), kept.stem):
        settled = settled_verdict(teacher, faces[rows].float())
        for number, view in enumerate(views):
            found[number, rows] = verdict(teacher, view[rows].float())
            if number < PLAIN:
                found[number, rows] = (found[number, rows] + settled) / 2
    np.save(kept, found.numpy().astype(np.float16))
    return found


def _logits(teacher: Network, shown: Tensor) -> Tensor:
    shown = shown.contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        logits = teacher.answer(shown)[0] + teacher.answer(shown.flip(3))[0]
    return logits.float() / 2
