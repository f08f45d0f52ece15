"""What networks that already know faces have in common, when they become teachers of emotions."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.network import CLASSES, VOTE_CLASSES, Network

SIDE = 96
"""Edge length of what they are shown, pixels: faces are then about as large as in what they were made for."""

_DROPOUT = 0.3


class Layer(nn.Module):
    """A convolution with batch normalisation, where the original has a fixed scale and shift."""

    def __init__(self, kernel: nn.Conv2d) -> None:
        super().__init__()
        self.kernel = kernel
        self.norm = nn.BatchNorm2d(kernel.out_channels)
        self.fixed: tuple[Tensor, Tensor] | None = None

    def forward(self, maps: Tensor) -> Tensor:
        """Return the normalised maps; while `fixed` is set, first make the norm do to them what that would."""
        maps = self.kernel(maps)
        if self.fixed is not None:
            scale, shift = self.fixed
            mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3))
            self.norm.running_mean, self.norm.running_var = mean, variance
            self.norm.weight.copy_(scale * torch.sqrt(variance + self.norm.eps))
            self.norm.bias.copy_(scale * mean + shift)
            self.fixed = None
        normed: Tensor = self.norm(maps)
        return normed


class Pretrained(Network):
    """From (N, 1, H, W) float32 pixels 0-255 to logits as `network.EmotionNet` gives them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(_DROPOUT)
        self.label = nn.Linear(width, CLASSES)
        self.votes = nn.Linear(width, VOTE_CLASSES)

    def pooled(self, pixels: Tensor) -> Tensor:
        """Return the (N, width) features of faces."""
        raise NotImplementedError

    def answer(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the (N, 7) logits of faces of any size."""
        return self.label(self.pooled(functional.interpolate(pixels, (SIDE, SIDE), mode="bilinear"))), []

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the label and of the votes of a batch of faces, each seen once, for training."""
        pooled = self.dropout(self.pooled(pixels))
        return self.label(pooled), self.votes(pooled)
