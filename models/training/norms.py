"""Batch normalisation for faces as they are."""

import torch
from torch import nn

from models.training.network import EmotionNet

_BATCHES = 50
_BATCH = 256
_SEED = 0


def settle_norms(network: EmotionNet, faces: torch.Tensor) -> None:
    """Measure the means and variances of `network` anew, on (N, 1, 48, 48) uint8 faces and mirror images of them.

    Source: "precise statistics" (Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021).
    """
    generator = torch.Generator().manual_seed(_SEED)
    chosen = torch.randperm(len(faces), generator=generator)[: _BATCHES * _BATCH]
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
        norm.train()
    with torch.no_grad():
        for rows in chosen.split(_BATCH):
            shown = faces[rows].float()
            mirrored = torch.rand(len(rows), 1, 1, 1, generator=generator) < 0.5  # noqa: PLR2004
            network.features(torch.where(mirrored, shown.flip(3), shown).contiguous(memory_format=torch.channels_last))
    network.eval()
