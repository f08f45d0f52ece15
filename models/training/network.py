"""The emotion networks: residual, with basic blocks (He et al., CVPR 2016), in two sizes."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Mean and standard deviation of the pixels of the FER-2013 training split.
PIXEL_MEAN = 129.5
PIXEL_STD = 64.9

CLASSES = 7
VOTE_CLASSES = 10
DROPOUT = 0.1


STAGES = 4


@dataclass(frozen=True)
class Size:
    """Widths and numbers of blocks of the four stages, which see the face at 24, 12, 6 and 3 pixels.

    `branch` are the widths of the two convolutions that tell a face from none (`face.FaceHead`).
    """

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    branch: tuple[int, int]


SIZES = {
    "standard": Size((32, 64, 160, 256), (1, 1, 2, 1), (32, 48)),
    "small": Size((16, 32, 64, 104), (1, 1, 2, 1), (16, 24)),
}


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the first halves the map where `stride` is 2."""

    def __init__(self, width: int, wider: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(width, wider, 3, stride, 1, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(),
        )
        self.second = nn.Sequential(nn.Conv2d(wider, wider, 3, 1, 1, bias=False), nn.BatchNorm2d(wider))
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or width != wider:
            self.shortcut = nn.Sequential(nn.Conv2d(width, wider, 1, stride, bias=False), nn.BatchNorm2d(wider))
        nn.init.zeros_(self.second[1].weight)  # each block begins as its shortcut (Goyal et al., 2017)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps of the next stage."""
        return torch.relu(self.second(self.first(maps)) + self.shortcut(maps))


class Network(nn.Module):
    """What can be trained, and can teach."""

    def answer(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the (N, 7) logits of the label for (N, 1, 48, 48) pixels 0-255, and the maps on the way, if any."""
        raise NotImplementedError


class EmotionNet(Network):
    """From pixels to logits of the label, and of the FER+ votes.

    Input: (N, 1, H, W) float32, the pixel values 0-255 as they are; normalisation is part of the network. The shipped
    model sees 48x48; training also shows smaller pictures.
    Output: (N, 7) logits in the order of `dataset.LABELS`, and (N, 10) logits in the order of `dataset.VOTES`, which
    only training uses.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        stages: list[nn.Module] = []
        width = size.widths[0]
        stem = [nn.Conv2d(1, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        for number, (wider, blocks) in enumerate(zip(size.widths, size.blocks, strict=True)):
            stage = []
            for block in range(blocks):
                stage.append(Block(width, wider, stride=2 if number > 0 and block == 0 else 1))
                width = wider
            stages.append(nn.Sequential(*stage))
        self.stem = nn.Sequential(*stem)
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(DROPOUT)
        self.label = nn.Linear(width, CLASSES)
        self.votes = nn.Linear(width, VOTE_CLASSES)

    def features(self, pixels: Tensor) -> list[Tensor]:
        """Return the maps after each stage, the first at half the input's side."""
        maps = [self.stem((pixels - PIXEL_MEAN) / PIXEL_STD)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def answer(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the (N, 7) logits of the label as they ship, and the maps of `features`."""
        maps = self.features(pixels)
        return self.label(maps[-1].mean((2, 3))), maps

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of a batch of faces, each seen once, for training."""
        pooled = self.dropout(self.features(pixels)[-1].mean((2, 3)))
        return self.label(pooled), self.votes(pooled)
