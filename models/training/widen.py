"""Start a wider network from what a narrower one has learned.

Source: Chen, Goodfellow & Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer" (ICLR 2016), Net2WiderNet:
channels are copied, and whatever reads a channel that has copies reads each at its share, so that the answers stay.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.training.network import EmotionNet, Size

_NOISE = 0.02  # of a kernel's own spread: copies that are the same to the bit would learn the same for ever


@dataclass(frozen=True)
class _Copies:
    """Which channel each of the wider map's is a copy of, and how many copies of that there are."""

    source: Tensor
    count: Tensor


def widen(network: EmotionNet, size: Size, generator: torch.Generator) -> EmotionNet:
    """Return a network of `size`, of the same blocks and no fewer channels, that answers nearly as `network` does."""
    wide = EmotionNet(size)
    with torch.no_grad():
        mapped = _copies(network.size.widths[0], size.widths[0], generator)
        _convolution(network.stem[0], wide.stem[0], None, mapped, generator)
        _norm(network.stem[1], wide.stem[1], mapped)
        for old_stage, new_stage, width, wider in zip(
            network.stages, wide.stages, network.size.widths, size.widths, strict=True
        ):
            inside, out = mapped, mapped if width == len(mapped.count) else _copies(width, wider, generator)
            for old, new in zip(old_stage, new_stage, strict=True):
                between = _copies(width, wider, generator)
                _convolution(old.first[0], new.first[0], inside, between, generator)
                _norm(old.first[1], new.first[1], between)
                _convolution(old.second[0], new.second[0], between, out, generator)
                _norm(old.second[1], new.second[1], out)
                if isinstance(old.shortcut, nn.Sequential):
                    _convolution(old.shortcut[0], new.shortcut[0], inside, out, generator)
                    _norm(old.shortcut[1], new.shortcut[1], out)
                inside = out
            mapped = out
        for old_head, new_head in ((network.label, wide.label), (network.votes, wide.votes)):
            new_head.weight.copy_((old_head.weight / mapped.count)[:, mapped.source])
            new_head.bias.copy_(old_head.bias)
    return wide


def _copies(width: int, wider: int, generator: torch.Generator) -> _Copies:
    """Copy all `width` channels, then as many of them as it takes, at random."""
    more = torch.cat([torch.randperm(width, generator=generator) for _ in range(wider // width)])[: wider - width]
    source = torch.cat([torch.arange(width), more])
    return _Copies(source, torch.bincount(source, minlength=width))


def _convolution(
    old: nn.Conv2d, new: nn.Conv2d, inputs: _Copies | None, outputs: _Copies, generator: torch.Generator
) -> None:
    kernel = old.weight
    if inputs is not None:
        kernel = (kernel / inputs.count[None, :, None, None])[:, inputs.source]
    kernel = kernel[outputs.source]
    noise = torch.randn(kernel.shape, generator=generator)
    new.weight.copy_(kernel + _NOISE * kernel.std() * noise)


def _norm(old: nn.BatchNorm2d, new: nn.BatchNorm2d, outputs: _Copies) -> None:
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(new, name).copy_(getattr(old, name)[outputs.source])
