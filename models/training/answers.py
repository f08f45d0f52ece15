"""What a teacher answers to the faces that a network learns from."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor

from models.training.network import CLASSES, Network
from models.training.views import PLAIN

_AT_ONCE = 512


def answers(views: Tensor, teacher: Network, kept: Path) -> Tensor:
    """Return (2, V, N, 7) float32: the probabilities that `teacher` gives to every view; they are kept in a file.

    The first is what viewers see, the second FER-2013's label. An answer is the mean over the view and its mirror
    image; that to a plain view is then averaged with the mean over all plain views of that face. Such settled answers
    are right more often than the answer to one picture (models/README.md).

    Args:
        views: (V, N, 1, 48, 48) uint8 of `views.make_views`.
        teacher: who answers.
        kept: npy in half precision; a file that was begun is completed.

    """
    shape = (2, *views.shape[:2], CLASSES)
    found, done = _resume(kept, shape)
    teacher = teacher.to(memory_format=torch.channels_last).eval()
    for number in range(done, len(views)):
        for rows in track(torch.arange(views.shape[1]).split(_AT_ONCE), f"{kept.stem}, view {number + 1}"):
            shown = views[number, rows].float().contiguous(memory_format=torch.channels_last)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                both = zip(teacher.answer(shown), teacher.answer(shown.flip(3)), strict=True)
            for kind, logits in enumerate(both):
                settled = torch.softmax(sum(logits).float() / len(logits), 1)
                found[kind, number, rows.numpy()] = settled.numpy().astype(np.float16)
        np.save(kept, found)
    result = torch.from_numpy(found).float()
    plain = result[:, :PLAIN]
    result[:, :PLAIN] = (plain + plain.mean(1, keepdim=True)) / 2
    return result


def _resume(kept: Path, shape: tuple[int, ...]) -> tuple[NDArray[np.float16], int]:
    """Return what is in `kept`, and how many of its views are done; a view that is not holds no number."""
    if kept.exists():
        found = np.load(kept)
        return found, int(np.isfinite(found[0, :, -1, 0]).sum())
    return np.full(shape, np.nan, np.float16), 0
