"""Start a wider network from what a narrower one has learned, without a change of its answers.

Source: Net2Net (Chen et al., ICLR 2016), in its simplest form: the channels that are there keep their weights, new ones
begin at random, and what reads them begins at zero.
"""

import torch
from torch import Tensor, nn

from models.training.network import EmotionNet, Size
from models.training.weights import WeightsError


def widen(network: EmotionNet, size: Size) -> EmotionNet:
    """Return a network of `size` that answers as `network` does, or `network` itself where it has that size.

    Args:
        network: trained; not changed.
        size: of the result, with the blocks of `network` and no channels fewer.

    Raises:
        WeightsError: `size` is narrower, or of other blocks or shortcuts.

    """
    if network.size == size:
        return network
    for old, new in zip(network.size.stages, size.stages, strict=True):
        same = new.blocks == old.blocks and new.shortcut == old.shortcut
        if not same or new.width < old.width or new.inner < old.inner:
            message = f"{old} cannot become {new}: begin with weights that are no wider and of as many blocks"
            raise WeightsError(message)
    wide = EmotionNet(size)
    ours = dict(network.named_modules())
    with torch.no_grad():
        for name, module in wide.named_modules():
            for kind, parameter in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
                trained = getattr(ours[name], kind)
                if isinstance(module, nn.Conv2d | nn.Linear):
                    _place(trained, parameter)
                elif parameter.ndim:
                    if kind == "weight":  # a block's last norm begins at zero, and with zeros after it would stay there
                        parameter.fill_(1)
                    parameter[: len(trained)] = trained
                else:
                    parameter.copy_(trained)
    return wide


def _place(trained: Tensor, parameter: Tensor) -> None:
    """Put `trained` into the first channels; the further inputs of a weight begin at zero, outputs at random."""
    outputs = len(trained)
    if trained.ndim > 1:
        inputs = trained.shape[1]
        parameter[:outputs, inputs:] = 0
        parameter[:outputs, :inputs] = trained
    else:
        parameter[:outputs] = trained
