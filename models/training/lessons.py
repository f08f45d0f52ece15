"""What is shown to a network in training, and what it should answer."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from models.training.answers import verdict
from models.training.augment import augment, erase
from models.training.network import Network


class Lesson(Protocol):
    """Gives the batches of a run."""

    labels: Tensor

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return what is shown of the rows `chosen`, and what is wanted.

        Returns:
            (N, 1, side, side) float32 faces in 0-255, (N, 7) float32 probabilities, (N, 10) float32 shares of votes.

        """


@dataclass(frozen=True)
class FreshViews:
    """Every face is changed anew each time.

    Attributes:
        faces: (N, 1, 48, 48) uint8.
        labels: (N,) int64.
        votes: (N, 10) float32 shares.
        targets: (N, 7) float32, the same for all views of a face.
        judge: answers to the very view that is shown, if there is one.
        judge_weight: of its answer in what is wanted.

    """

    faces: Tensor
    labels: Tensor
    votes: Tensor
    targets: Tensor
    judge: Network | None = None
    judge_weight: float = 0.0

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """See `Lesson`."""
        shown, wanted = augment(self.faces[chosen].float(), side, generator), self.targets[chosen]
        if self.judge is not None:
            wanted = (1 - self.judge_weight) * wanted + self.judge_weight * verdict(self.judge, shown)
        return shown, wanted, self.votes[chosen]


@dataclass(frozen=True)
class JudgedViews:
    """Some changed views of every face, with what teachers answered to each of them.

    Showing adds a mirror and an erased patch.

    Attributes:
        faces: (V, N, 1, 48, 48) uint8, V views of every face.
        labels: (N,) int64.
        votes: (V, N, 10) float32 shares.
        targets: (V, N, 7) float32.

    """

    faces: Tensor
    labels: Tensor
    votes: Tensor
    targets: Tensor

    def show(self, chosen: Tensor, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """See `Lesson`."""
        view = torch.randint(len(self.faces), chosen.shape, generator=generator)
        shown = self.faces[view, chosen].float()
        mirrored = torch.rand(len(chosen), generator=generator) < 0.5  # noqa: PLR2004
        shown = torch.where(mirrored.view(-1, 1, 1, 1), shown.flip(3), shown)
        if side != shown.shape[3]:
            shown = functional.interpolate(shown, (side, side), mode="bilinear", align_corners=False)
        return erase(shown, generator), self.targets[view, chosen], self.votes[view, chosen]
