"""The emotion networks in two sizes, of basic blocks (He et al., CVPR 2016), with and without their shortcuts."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

# Mean and standard deviation of the pixels of the FER-2013 training split.
PIXEL_MEAN = 129.5
PIXEL_STD = 64.9

CLASSES = 7
VOTE_CLASSES = 10
DROPOUT = 0.1

STEM_KERNEL = 6
STEM_PADDING = 2


@dataclass(frozen=True)
class Stage:
    """Blocks that see the face at one size.

    Attributes:
        width: channels of the maps that leave each block.
        inner: channels between the two convolutions of a block.
        blocks: how many there are.
        shortcut: whether a block adds what it saw to what it says.

    """

    width: int
    inner: int
    blocks: int = 1
    shortcut: bool = True


@dataclass(frozen=True)
class Size:
    """Four stages, which see the face at 24, 12, 6 and 3 pixels.

    `branch` are the widths of the two convolutions that tell a face from none (`face.FaceHead`).
    """

    stages: tuple[Stage, ...]
    branch: tuple[int, int]


SIZES = {
    # No shortcuts: tflite-runtime's addition of maps takes as long as a convolution, so flat a network does without.
    "standard": Size(
        (
            Stage(32, 16, shortcut=False),
            Stage(64, 64, shortcut=False),
            Stage(128, 128, blocks=2, shortcut=False),
            Stage(192, 112, shortcut=False),
        ),
        (16, 32),
    ),
    "small": Size((Stage(16, 16), Stage(32, 32), Stage(64, 64, blocks=2), Stage(104, 104)), (16, 24)),
}


class Block(nn.Module):
    """Two 3x3 convolutions, beside a shortcut if the stage has them; the first halves the map where `stride` is 2."""

    def __init__(self, width: int, stage: Stage, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(width, stage.inner, 3, stride, 1, bias=False),
            nn.BatchNorm2d(stage.inner),
            nn.ReLU(),
        )
        self.second = nn.Sequential(
            nn.Conv2d(stage.inner, stage.width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(stage.width),
        )
        self.shortcut: nn.Module | None = None
        if not stage.shortcut:
            return
        self.shortcut = nn.Identity()
        if stride != 1 or width != stage.width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width, stage.width, 1, stride, bias=False),
                nn.BatchNorm2d(stage.width),
            )
        nn.init.zeros_(self.second[1].weight)  # each block begins as its shortcut (Goyal et al., 2017)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps of the next stage."""
        said = self.second(self.first(maps))
        return torch.relu(said if self.shortcut is None else said + self.shortcut(maps))


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
        width = size.stages[0].width
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, STEM_KERNEL, 2, STEM_PADDING, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        stages: list[nn.Module] = []
        for number, stage in enumerate(size.stages):
            blocks = []
            for block in range(stage.blocks):
                blocks.append(Block(width, stage, stride=2 if number > 0 and block == 0 else 1))
                width = stage.width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(DROPOUT)
        self.label = nn.Linear(width, CLASSES)
        self.votes = nn.Linear(width, VOTE_CLASSES)

    def enter(self, pixels: Tensor) -> Tensor:
        """Return the maps before the first stage, at half the input's side."""
        maps: Tensor = self.stem((pixels - PIXEL_MEAN) / PIXEL_STD)
        return maps

    def features(self, pixels: Tensor) -> list[Tensor]:
        """Return the maps after each stage, the first at half the input's side."""
        maps = [self.enter(pixels)]
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
