"""What a network is asked to say of a face: what viewers see in it, and FER-2013's label.

FER+ (Barsoum et al., ICMI 2016) asked ten people about each picture. The network learns their distribution, which that
paper found to be better than learning the majority's answer.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.training.dataset import LABELS, VOTES
from models.training.network import CLASSES

SMOOTHING = 0.1
_COLUMNS = [VOTES.index(label) for label in LABELS]
_UNKNOWN = VOTES.index("unknown")


def viewers_shares(votes: NDArray[np.integer]) -> Tensor:
    """Return (N, 7) float32 shares of viewers by the emotion they see, in the order of `dataset.LABELS`.

    A vote for *contempt* counts as the other votes of that picture do; a picture with no other vote counts as neutral.
    A vote for *unknown* is divided evenly over the seven, so that the network learns to be unsure there.

    Args:
        votes: (N, 10) FER+ counts in the order of `dataset.VOTES`.

    """
    counts = torch.from_numpy(votes.astype(np.float32))
    shares = counts[:, _COLUMNS] + counts[:, [_UNKNOWN]] / CLASSES
    shares[shares.sum(1) == 0] = functional.one_hot(torch.tensor(LABELS.index("neutral")), CLASSES).float()
    return shares / shares.sum(1, keepdim=True)


def smooth_labels(labels: Tensor) -> Tensor:
    """Return (N, 7) float32 targets for (N,) int64 labels, with label smoothing (Szegedy et al., CVPR 2016)."""
    return (1 - SMOOTHING) * functional.one_hot(labels, CLASSES).float() + SMOOTHING / CLASSES
