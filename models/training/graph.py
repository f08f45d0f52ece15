"""A trained network in the operations that runtimes on small computers do fastest; its answers stay.

Batch normalisation and the normalisation of pixels become part of the kernels, the stem reads two columns of the
picture as two channels (a convolution of one channel would become a slow depthwise one), and the mean over positions
and the dense layer after it become one dense layer.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.face import BRANCH_STAGE, FaceHead
from models.training.network import PIXEL_MEAN, PIXEL_STD, STEM_KERNEL, STEM_PADDING, Block, EmotionNet

_POSITIONS = 9  # of the last maps


class Graph(nn.Module):
    """The graph that is exported.

    In: (N, 48, 48, 1) pixels 0-255. Out: (N, 7) probabilities of what most viewers see, (N, 1) of a face, and (N, 7) of
    FER-2013's label. `temperature` calibrates the first.
    """

    def __init__(self, network: EmotionNet, face: FaceHead, temperature: float = 1.0) -> None:
        super().__init__()
        self.stem = _Stem(network.stem)
        self.stages = nn.Sequential(*[nn.Sequential(*map(_Block, stage)) for stage in network.stages])
        self.viewers = _DenseOverPositions(network.viewers)
        self.label = network.label  # not read by the daemon: its bytes count more than its speed
        _, first, first_norm, _, second, second_norm, _ = face.branch
        self.branch = nn.Sequential(_folded(first, first_norm), nn.ReLU(), _folded(second, second_norm), nn.ReLU())
        self.face = _DenseOverPositions(face.logit)
        self.temperature = temperature

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (N, 7), (N, 1) and (N, 7)."""
        maps = self.stem(pixels)
        seen = maps
        for number, stage in enumerate(self.stages):
            maps = stage(maps)
            if number == BRANCH_STAGE:
                seen = maps
        return (
            torch.softmax(self.viewers(maps) / self.temperature, 1),
            torch.sigmoid(self.face(self.branch(seen))),
            torch.softmax(self.label(maps.mean((2, 3))), 1),
        )


class _Stem(nn.Module):
    """The stem on (N, 48, 48, 1) pixels as they are."""

    def __init__(self, stem: nn.Sequential) -> None:
        super().__init__()
        whole = _folded(stem[0], stem[1])
        kernel = whole.weight.detach() / PIXEL_STD
        width = len(kernel)
        self.convolution = nn.Conv2d(2, width, (STEM_KERNEL, STEM_KERNEL // 2), (2, 1))
        self.convolution.weight.data = kernel.view(width, STEM_KERNEL, STEM_KERNEL // 2, 2).permute(0, 3, 1, 2)
        self.convolution.bias.data = whole.bias.detach() - PIXEL_MEAN * kernel.sum((1, 2, 3))

    def forward(self, pixels: Tensor) -> Tensor:
        padded = functional.pad(pixels, (0, 0) + 4 * (STEM_PADDING,), value=PIXEL_MEAN)
        _, height, width, _ = padded.shape
        pairs = padded.view(-1, height, width // 2, 2).permute(0, 3, 1, 2)
        return torch.relu(self.convolution(pairs))


class _Block(nn.Module):
    """A block without its normalisation."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first = _folded(block.first[0], block.first[1])
        self.second = _folded(block.second[0], block.second[1])
        self.shortcut = block.shortcut
        if isinstance(block.shortcut, nn.Sequential):
            self.shortcut = _folded(block.shortcut[0], block.shortcut[1])

    def forward(self, maps: Tensor) -> Tensor:
        said = self.second(torch.relu(self.first(maps)))
        return torch.relu(said if self.shortcut is None else said + self.shortcut(maps))


class _DenseOverPositions(nn.Module):
    """A dense layer of the mean over the positions of the last maps."""

    def __init__(self, dense: nn.Linear) -> None:
        super().__init__()
        self.dense = nn.Linear(_POSITIONS * dense.in_features, dense.out_features)
        self.dense.weight.data = dense.weight.detach().repeat(1, _POSITIONS) / _POSITIONS
        self.dense.bias.data = dense.bias.detach().clone()

    def forward(self, maps: Tensor) -> Tensor:
        return self.dense(maps.permute(0, 2, 3, 1).reshape(-1, self.dense.in_features))


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Return the convolution that does what both do."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    whole = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,
    )
    whole.weight.data = convolution.weight.detach() * scale[:, None, None, None]
    whole.bias.data = norm.bias.detach() - norm.running_mean * scale  # type: ignore[union-attr]
    return whole
