"""The views of every face that teachers judge once and networks then learn from."""

from typing import NamedTuple

import torch
from rich.progress import track
from torch import Tensor

from models.training.augment import move

PLAIN = 6
MIXED = 2
_AT_ONCE = 512
_SHARE = (0.5, 0.8)  # of the first face in a mixture of two, which therefore stays the likelier answer


class Faces(NamedTuple):
    """Faces with what is known of them.

    Attributes:
        faces: (N, 1, 48, 48) uint8, or (V, N, 1, 48, 48) with V views of each.
        viewers: (N, 7) float32, or (V, N, 7).
        label: (N, 7) float32, or (V, N, 7).

    """

    faces: Tensor
    viewers: Tensor
    label: Tensor


def make_views(known: Faces, generator: torch.Generator) -> Faces:
    """Return `PLAIN` moved views of every face, and `MIXED` in which another face shines through.

    Views differ in how far they may be moved at all: most stay near the face as it is, where teachers err least.
    Teachers have learned by heart how the training faces are labelled; of mixtures (mixup: Zhang et al., ICLR 2018; as
    what a student is shown: Beyer et al., CVPR 2022) they can only say what they see.
    """
    faces, viewers, label = known
    shape = (PLAIN + MIXED, len(faces))
    views = Faces(
        torch.empty((*shape, *faces.shape[1:]), dtype=torch.uint8),
        torch.empty((*shape, viewers.shape[1])),
        torch.empty((*shape, label.shape[1])),
    )
    for number in track(range(PLAIN + MIXED), "views"):
        mixed = number >= PLAIN
        other = torch.randperm(len(faces), generator=generator)
        low, high = _SHARE if mixed else (1.0, 1.0)
        share = low + (high - low) * torch.rand(len(faces), 1, generator=generator)
        for rows in torch.arange(len(faces)).split(_AT_ONCE):
            extent = torch.rand(len(rows), generator=generator)
            shown = move(faces[rows].float(), faces.shape[3], generator, extent)
            if mixed:
                beside = move(faces[other[rows]].float(), faces.shape[3], generator, extent)
                shown = torch.lerp(beside, shown, share[rows, :, None, None])
            views.faces[number, rows] = shown.round().to(torch.uint8)
        views.viewers[number] = torch.lerp(viewers[other], viewers, share)
        views.label[number] = torch.lerp(label[other], label, share)
    return views
