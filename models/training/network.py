"""The original student project's network, written so that any batch size can be inferred."""

import torch
from torch import Tensor, nn

CONVOLUTION_WIDTHS = (48, 96, 192, 384)
DENSE_WIDTHS = (512, 256, 256, 128, 64)
DROPOUT = 0.25
_SIDE_AFTER_POOLING = 3  # 48 halved four times

# Mean and standard deviation of the pixels of the FER-2013 training split.
PIXEL_MEAN = 129.5
PIXEL_STD = 64.9


class OriginalNet(nn.Module):
    """Four convolution blocks, five dense blocks, seven logits.

    A dense layer on a 3x3 map is a 3x3 convolution without padding, and on a 1x1 map a 1x1 convolution: the same
    numbers, but no reshape with a fixed batch size ends up in the exported graph.

    Input: (N, 1, 48, 48) float32, the pixel values 0-255 as they are; normalisation is part of the network.
    Output: (N, 7) float32 logits in the order of `dataset.LABELS`.
    """

    def __init__(self, classes: int = 7) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = 1
        for wider in CONVOLUTION_WIDTHS:
            layers += [
                nn.Conv2d(width, wider, 3, padding=1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            width = wider
        side = _SIDE_AFTER_POOLING
        for narrower in DENSE_WIDTHS:
            layers += [
                nn.Conv2d(width, narrower, side, bias=False),
                nn.BatchNorm2d(narrower),
                nn.ReLU(),
                nn.Dropout(DROPOUT),
            ]
            width, side = narrower, 1
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits of a batch of faces."""
        normalised = (pixels - PIXEL_MEAN) / PIXEL_STD
        return self.head(self.body(normalised)).mean((2, 3))


class Probabilities(nn.Module):
    """A network with softmax behind it: the graph that is exported."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Probabilities, (N, 7), each row summing to one."""
        return torch.softmax(self.network(pixels), dim=1)


def multiply_accumulates(network: nn.Module) -> int:
    """Multiply-accumulate operations of one 48x48 face, counted over the convolutions."""
    total = 0

    def count(module: nn.Conv2d, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        taps = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
        total += taps * output[0].numel()

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 1, 48, 48))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total
