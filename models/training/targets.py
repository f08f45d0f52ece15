"""What the network is asked to say: the label, softened by what ten people saw in the same picture.

FER-2013's labels are noisy, and FER+ (Barsoum et al., ICMI 2016) asked ten people about each picture. A multinomial
logistic regression on the training split tells which label such votes go with; the target is a mixture of the label
and that distribution. Without votes the target is the label with plain smoothing (Szegedy et al., CVPR 2016).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.training.network import CLASSES

SMOOTHING = 0.1
_RIDGE = 1e-4


def as_shares(votes: NDArray[np.integer]) -> Tensor:
    """Return (N, 10) float32 shares of the votes, all zero where a picture has none."""
    counts = torch.from_numpy(votes).float()
    return counts / counts.sum(1, keepdim=True).clamp(min=1)


def soft_labels(labels: Tensor, votes: Tensor, label_weight: float) -> Tensor:
    """Return (N, 7) float32 target distributions.

    Args:
        labels: (N,) int64.
        votes: (N, 10) float32 shares that sum to one, or all zero where a picture has none.
        label_weight: of the label; the rest is the votes'.

    """
    hard = functional.one_hot(labels, CLASSES).float()
    voted = votes.sum(1) > 0
    soft = (1 - SMOOTHING) * hard + SMOOTHING / CLASSES
    if voted.any():
        seen = votes[voted]
        soft[voted] = label_weight * hard[voted] + (1 - label_weight) * _label_given_votes(labels[voted], seen)
    return soft


def _label_given_votes(labels: Tensor, votes: Tensor) -> Tensor:
    inputs = torch.cat([votes, votes.sqrt()], 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Linear(inputs.shape[1], CLASSES)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=200)

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = functional.cross_entropy(model(inputs), labels) + _RIDGE * model.weight.pow(2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[arg-type]
    with torch.no_grad():
        return torch.softmax(model(inputs), 1)
