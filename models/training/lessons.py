"""The batches of a run: what is shown, and what the network should answer."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from models.training.augment import erase, move
from models.training.degrade import degrade


class Batch(NamedTuple):
    """N faces with what is wanted of them.

    Attributes:
        shown: (N, 1, side, side) float32 in 0-255.
        viewers: (N, 7) float32, the wanted distribution of what viewers see.
        label: (N, 7) float32, the wanted distribution of FER-2013's label.
        weight: (N,) float32, what each face adds to the loss.

    """

    shown: Tensor
    viewers: Tensor
    label: Tensor
    weight: Tensor


class Lesson(Protocol):
    """Gives the batches of a run."""

    def __len__(self) -> int:
        """Return the number of faces."""

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> Batch:
        """Return a batch of the rows `chosen`."""


@dataclass(frozen=True)
class FreshViews:
    """Every face is moved and damaged anew each time.

    Attributes:
        faces: (N, 1, 48, 48) uint8.
        viewers: (N, 7) float32, the same for all views of a face.
        label: (N, 7) float32, likewise.

    """

    faces: Tensor
    viewers: Tensor
    label: Tensor

    def __len__(self) -> int:
        """See `Lesson`."""
        return len(self.faces)

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> Batch:
        """See `Lesson`."""
        extent = torch.rand(len(chosen), generator=generator)
        shown = degrade(move(self.faces[chosen].float(), side, generator, extent), generator)
        return Batch(erase(shown, generator), self.viewers[chosen], self.label[chosen], _alike(len(chosen)))


@dataclass(frozen=True)
class JudgedViews:
    """Some moved views of every face, with what teachers answered to each of them.

    Showing adds a mirror, damage and an erased patch: teachers saw the good picture, the network sees the bad one.

    Attributes:
        faces: (V, N, 1, 48, 48) uint8, V views of every face.
        viewers: (V, N, 7) float32.
        label: (V, N, 7) float32.

    """

    faces: Tensor
    viewers: Tensor
    label: Tensor

    def __len__(self) -> int:
        """See `Lesson`."""
        return self.faces.shape[1]

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> Batch:
        """See `Lesson`."""
        view = torch.randint(len(self.faces), chosen.shape, generator=generator)
        shown = self.faces[view, chosen].float()
        mirrored = torch.rand(len(chosen), generator=generator) < 0.5  # noqa: PLR2004
        shown = torch.where(mirrored.view(-1, 1, 1, 1), shown.flip(3), shown)
        if side != shown.shape[3]:
            shown = functional.interpolate(shown, (side, side), mode="bilinear", align_corners=False)
        shown = erase(degrade(shown, generator), generator)
        return Batch(shown, self.viewers[view, chosen], self.label[view, chosen], _alike(len(chosen)))


@dataclass(frozen=True)
class WithNatural:
    """A lesson with some natural faces in each batch; one time through the lesson is several through these.

    Attributes:
        lesson: of FER-2013's faces.
        natural: other people's faces.
        weight: of the mean loss of the natural faces, beside 1 for that of the lesson.

    """

    lesson: Lesson
    natural: FreshViews
    weight: float

    def __len__(self) -> int:
        """See `Lesson`; of FER-2013's faces."""
        return len(self.lesson)

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> Batch:
        """See `Lesson`."""
        rows = torch.randint(len(self.natural), (len(chosen) // _FER_PER_NATURAL,), generator=generator)
        own, other = self.lesson.show(chosen, side, generator), self.natural.show(rows, side, generator)
        other = other._replace(weight=self.weight * other.weight)
        return Batch(*(torch.cat(parts) for parts in zip(own, other, strict=True)))


_FER_PER_NATURAL = 8
"""Faces of FER-2013 for each natural one."""


def _alike(count: int) -> Tensor:
    return torch.full((count,), 1 / count)
