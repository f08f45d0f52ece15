"""The mean of the weights before and after fine-tuning.

Source: Wortsman et al., "Robust fine-tuning of zero-shot models" (CVPR 2022): such a mean answers better than either,
most of all to faces unlike those of the fine-tuning.
"""

import torch
from torch import Tensor

from models.training.network import EmotionNet
from models.training.norms import settle_norms


def between(start: EmotionNet, tuned: EmotionNet, share: float) -> EmotionNet:
    """Return the network between `start` (0) and `tuned` (1), which must be of one size.

    Args:
        start: before the fine-tuning; `tuned` must come from these very weights.
        tuned: after it.
        share: of `tuned`.

    """
    network = EmotionNet(tuned.size)
    after = tuned.state_dict()
    network.load_state_dict(
        {
            name: torch.lerp(before, after[name], share) if before.is_floating_point() else before
            for name, before in start.state_dict().items()
        }
    )
    return network.eval()


def averaged(start: EmotionNet, tuned: EmotionNet, share: float, faces: Tensor) -> EmotionNet:
    """Return `between`, for networks that are far apart: their mean has other statistics than both.

    These are measured on `faces`, (N, 1, 48, 48) uint8.
    """
    network = between(start, tuned, share)
    settle_norms(network, faces)
    return network
