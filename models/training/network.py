"""The emotion networks in two sizes, of basic blocks (He et al., CVPR 2016), with and without their shortcuts."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

# Mean and standard deviation of the pixels of the FER-2013 training split.
PIXEL_MEAN = 129.5
PIXEL_STD = 64.9

CLASSES = 7
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
            Stage(32, 24, shortcut=False),
            Stage(80, 80, shortcut=False),
            Stage(168, 168, blocks=2, shortcut=False),
            Stage(208, 128, shortcut=False),
        ),
        (24, 44),
    ),
    "small": Size((Stage(16, 16), Stage(32, 32), Stage(64, 64, blocks=2), Stage(104, 104)), (24, 32)),
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


class Answer(NamedTuple):
    """Logits of N faces, each (N, 7) in the order of `dataset.LABELS`.

    Attributes:
        viewers: of the emotion that most viewers see (FER+).
        label: of the label that FER-2013 gives.

    """

    viewers: Tensor
    label: Tensor


class Network(nn.Module):
    """A network that can be trained, and can teach."""

    def answer(self, pixels: Tensor) -> Answer:
        """Return the logits for (N, 1, 48, 48) float32 pixels 0-255."""
        raise NotImplementedError


class EmotionNet(Network):
    """From pixels to the logits of what viewers see and of FER-2013's label.

    Input: (N, 1, H, W) float32, the pixel values 0-255 as they are; normalisation is part of the network. The shipped
    model sees 48x48; training also shows smaller pictures.
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
        self.viewers = nn.Linear(width, CLASSES)
        self.label = nn.Linear(width, CLASSES)

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

    def answer(self, pixels: Tensor) -> Answer:
        """See `Network`; without dropout in evaluation mode."""
        pooled = self.dropout(self.features(pixels)[-1].mean((2, 3)))
        return Answer(self.viewers(pooled), self.label(pooled))

    def forward(self, pixels: Tensor) -> Answer:
        """See `answer`; `torch.compile` fuses this method."""
        return self.answer(pixels)
