"""A second network that has learned to tell faces apart, of another build and from other faces.

Source: A. Savchenko, "Efficient facial representations for age, gender and identity recognition" (PeerJ Computer
Science, 2019): MobileNet (Howard et al., 2017) taught on VGGFace2, as the npm package @vladmandic/human ships it (MIT).
Nothing of it ships with us: it only teaches.
"""

import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.pretrained import Layer, Pretrained
from models.training.tfjs import read_weights

GRAPH = "faceres.json"
_WEIGHTS = "faceres.bin"
_MEAN = 114.8  # of its three channel means
_STEM = 32
_WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


class FaceRes(Pretrained):
    """See `Pretrained`."""

    def __init__(self) -> None:
        super().__init__(_WIDTHS[-1])
        self.stem = Layer(nn.Conv2d(1, _STEM, 3, 2, bias=False))
        self.layers = nn.ModuleDict()
        width = _STEM
        for number, (wider, stride) in enumerate(zip(_WIDTHS, _STRIDES, strict=True), 1):
            each = nn.Conv2d(width, width, 3, stride, 1 if stride == 1 else 0, groups=width, bias=False)
            self.layers[f"conv_dw_{number}"] = Layer(each)
            self.layers[f"conv_pw_{number}"] = Layer(nn.Conv2d(width, wider, 1, bias=False))
            width = wider

    def pooled(self, pixels: Tensor) -> Tensor:
        """See `Pretrained`."""
        maps = functional.relu6(self.stem(functional.pad(pixels - _MEAN, (0, 1, 0, 1))))
        for layer in self.layers.values():
            if layer.kernel.stride == (2, 2):
                maps = functional.pad(maps, (0, 1, 0, 1))
            maps = functional.relu6(layer(maps))
        return maps.mean((2, 3))


def load_faceres(folder: Path, faces: Tensor) -> FaceRes:
    """Return the network of `folder`, as `facenet.sh` leaves it, with fresh heads.

    Args:
        folder: with the package's graph and weights.
        faces: (N, 1, 48, 48) some faces; normalisation is set such that on them each layer does as the original.

    """
    weights = read_weights(json.loads((folder / GRAPH).read_text())["weightsManifest"], folder / _WEIGHTS)
    network = FaceRes()
    with torch.no_grad():
        for name, layer in [("conv1", network.stem), *network.layers.items()]:
            scale = torch.ones(layer.kernel.out_channels)
            if "dw" in name:
                kernel = weights[f"{name}/depthwise_kernel"].permute(2, 3, 0, 1)
                scale = weights[f"{name}_bn/batchnorm_1/mul"]
            else:
                kernel = weights[f"{name}/convolution/merged_input"].permute(3, 2, 0, 1)
            layer.kernel.weight.copy_(kernel.sum(1, keepdim=True) if name == "conv1" else kernel)  # grey
            layer.fixed = (scale, weights[f"{name}_bn/batchnorm_1/sub"])
        network.eval().answer(faces.float())
    return network
