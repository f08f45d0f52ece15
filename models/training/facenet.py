"""A network that has learned to tell faces apart, as the start of a teacher of emotions.

Source: D. King's `dlib_face_recognition_resnet_model_v1` (2017; public domain), a residual network of 29 layers, in the
8-bit copy that the npm package @vladmandic/face-api ships (MIT). Nothing of it ships with us: it only teaches.
"""

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.pretrained import Layer, Pretrained
from models.training.tfjs import read_weights

_MANIFEST = "face_recognition_model-weights_manifest.json"
_WEIGHTS = "face_recognition_model.bin"
_MEAN = 118.0  # of its three channel means
_RANGE = 256.0
_WIDTH = 32
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


class FaceNet(Pretrained):
    """See `Pretrained`."""

    def __init__(self) -> None:
        super().__init__(list(_BLOCKS.values())[-1][0])
        self.stem = Layer(nn.Conv2d(1, _WIDTH, 7, 2, 3, bias=False))
        self.blocks = nn.ModuleDict()
        width = _WIDTH
        for name, (wider, stride) in _BLOCKS.items():
            self.blocks[name] = ShortcutBlock(width, wider, stride)
            width = wider

    def pooled(self, pixels: Tensor) -> Tensor:
        """See `Pretrained`."""
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
