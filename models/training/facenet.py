"""A network that has learned to tell faces apart, as the start of a teacher of emotions.

Source: D. King's `dlib_face_recognition_resnet_model_v1` (2017; public domain), a residual network of 29 layers, in the
8-bit copy that the npm package @vladmandic/face-api ships (MIT). Nothing of it ships with us: it only teaches.
"""

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.network import CLASSES, VOTE_CLASSES, Network
from models.training.tfjs import read_weights

SIDE = 96
"""Edge length of what it is shown, pixels: faces are then about as large as in the 150 pixels it was made for."""

_MANIFEST = "face_recognition_model-weights_manifest.json"
_WEIGHTS = "face_recognition_model.bin"
_MEAN = 118.0  # of its three channel means
_RANGE = 256.0
_WIDTH = 32
_DROPOUT = 0.3
_BLOCKS = {
    **dict.fromkeys(("conv32_1", "conv32_2", "conv32_3"), (32, 1)),
    "conv64_down": (64, 2),
    **dict.fromkeys(("conv64_1", "conv64_2", "conv64_3"), (64, 1)),
    "conv128_down": (128, 2),
    **dict.fromkeys(("conv128_1", "conv128_2"), (128, 1)),
    "conv256_down": (256, 2),
    **dict.fromkeys(("conv256_1", "conv256_2"), (256, 1)),
}
"""Width and stride of each; the last, which squeezes faces into a descriptor, is left out."""


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


class ShortcutBlock(nn.Module):
    """Two layers beside a shortcut that is averaged and padded with empty channels where they are smaller and wider."""

    def __init__(self, width: int, wider: int, stride: int) -> None:
        super().__init__()
        self.first = Layer(nn.Conv2d(width, wider, 3, stride, 1 if stride == 1 else 0, bias=False))
        self.second = Layer(nn.Conv2d(wider, wider, 3, 1, 1, bias=False))
        self.stride, self.added = stride, wider - width

    def forward(self, maps: Tensor) -> Tensor:
        """Return the maps of the next block."""
        shortcut = maps
        if self.stride != 1:
            maps = functional.pad(maps, (0, 1, 0, 1))
            shortcut = functional.avg_pool2d(shortcut, 2, ceil_mode=True)
            shortcut = functional.pad(shortcut, (0, 0, 0, 0, 0, self.added))
        return torch.relu(self.second(torch.relu(self.first(maps))) + shortcut)


class FaceNet(Network):
    """From (N, 1, H, W) float32 pixels 0-255 to logits as `network.EmotionNet` gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Layer(nn.Conv2d(1, _WIDTH, 7, 2, 3, bias=False))
        self.blocks = nn.ModuleDict()
        width = _WIDTH
        for name, (wider, stride) in _BLOCKS.items():
            self.blocks[name] = ShortcutBlock(width, wider, stride)
            width = wider
        self.dropout = nn.Dropout(_DROPOUT)
        self.label = nn.Linear(width, CLASSES)
        self.votes = nn.Linear(width, VOTE_CLASSES)

    def answer(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the (N, 7) logits of faces of any size."""
        return self.label(self._pooled(functional.interpolate(pixels, (SIDE, SIDE), mode="bilinear"))), []

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the label and of the votes of a batch of faces, each seen once, for training."""
        pooled = self.dropout(self._pooled(pixels))
        return self.label(pooled), self.votes(pooled)

    def _pooled(self, pixels: Tensor) -> Tensor:
        maps = functional.max_pool2d(torch.relu(self.stem((pixels - _MEAN) / _RANGE)), 3, 2, 1)
        for block in self.blocks.values():
            maps = block(maps)
        return maps.mean((2, 3))


def load_facenet(folder: Path, faces: Tensor) -> FaceNet:
    """Return the network of `folder`, as `facenet.sh` leaves it, with fresh heads.

    Args:
        folder: with the package's manifest and weights.
        faces: (N, 1, 48, 48) some faces; normalisation is set such that on them each layer does as the original.

    """
    weights = read_weights(json.loads((folder / _MANIFEST).read_text()), folder / _WEIGHTS)
    network = FaceNet()
    layers = {"conv32_down": network.stem}
    for name, block in network.blocks.items():
        layers |= {f"{name}/conv1": block.first, f"{name}/conv2": block.second}
    with torch.no_grad():
        for name, layer in layers.items():
            kernel = weights[f"{name}/conv/filters"].permute(3, 2, 0, 1)
            layer.kernel.weight.copy_(kernel.sum(1, keepdim=True) if name == "conv32_down" else kernel)  # grey
            scale, shift = weights[f"{name}/scale/weights"], weights[f"{name}/scale/biases"]
            layer.fixed = (scale, shift + scale * weights[f"{name}/conv/bias"])
        network.eval().answer(faces.float())
    return network
