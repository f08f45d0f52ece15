"""Start a narrower network from what a wider one has learned: the channels that matter most stay.

What a channel matters is how much it varies over faces, times the norm of the kernels that read it (magnitude pruning
of filters: Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, weighted by activation).
"""

import torch
from torch import Tensor, nn

from models.training.network import Block, EmotionNet, Size
from models.training.weights import WeightsError

_LOOKED_AT = 256


def narrow(network: EmotionNet, size: Size, faces: Tensor) -> EmotionNet:
    """Return a network of `size`, which must have the blocks of `network` and no channels more.

    Args:
        network: trained; not changed.
        size: of the result. Shortcuts that it lacks are left out.
        faces: (N, 1, 48, 48) uint8, of which the first few hundred are looked at.

    Raises:
        WeightsError: `size` is wider, or of other blocks.

    """
    for old, new in zip(network.size.stages, size.stages, strict=True):
        if new.width > old.width or new.inner > old.inner or new.blocks != old.blocks or new.shortcut > old.shortcut:
            message = f"{old} cannot become {new}: begin with weights that are as wide and of as many blocks"
            raise WeightsError(message)
    thin = EmotionNet(size)
    network = network.eval()
    with torch.no_grad():
        maps = network.enter(faces[:_LOOKED_AT].float())
        kept = torch.arange(maps.shape[1])
        _copy(network.stem, thin.stem, torch.arange(1), kept)
        for number, (old_stage, new_stage) in enumerate(zip(network.stages, thin.stages, strict=True)):
            varied = _spread(old_stage(maps))
            following = network.stages[number + 1][0] if number + 1 < len(network.stages) else None
            leaving = _foremost(varied * _read_by(following, network), size.stages[number].width)
            for old, new in zip(old_stage, new_stage, strict=True):
                inner = _foremost(_spread(old.first(maps)) * _norms(old.second[0]), size.stages[number].inner)
                _copy(old.first, new.first, kept, inner)
                _copy(old.second, new.second, inner, leaving)
                if isinstance(new.shortcut, nn.Sequential):
                    _copy(old.shortcut, new.shortcut, kept, leaving)
                maps, kept = old(maps), leaving
        for old_head, new_head in ((network.label, thin.label), (network.votes, thin.votes)):
            new_head.weight.copy_(old_head.weight[:, kept])
            new_head.bias.copy_(old_head.bias)
    return thin


def _copy(old: nn.Sequential, new: nn.Sequential, inputs: Tensor, outputs: Tensor) -> None:
    """Copy some channels of a convolution and the normalisation after it."""
    new[0].weight.copy_(old[0].weight[outputs][:, inputs])
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(new[1], name).copy_(getattr(old[1], name)[outputs])


def _spread(maps: Tensor) -> Tensor:
    return maps.std((0, 2, 3))


def _norms(convolution: nn.Conv2d) -> Tensor:
    """Return for each input channel the norm of what reads it."""
    return convolution.weight.pow(2).sum((0, 2, 3)).sqrt()


def _read_by(block: Block | None, network: EmotionNet) -> Tensor:
    """Return the same for the maps that `block` reads, or the head where there is none."""
    if block is None:
        return network.label.weight.norm(dim=0)
    read = _norms(block.first[0])
    return read + _norms(block.shortcut[0]) if isinstance(block.shortcut, nn.Sequential) else read


def _foremost(matters: Tensor, count: int) -> Tensor:
    return torch.sort(torch.topk(matters, count).indices).values
