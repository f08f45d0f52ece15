"""Fine-tune a network that knows faces into a teacher of emotions, too large to ship."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch

from models.training import faceres
from models.training.dataset import Split
from models.training.facenet import FaceNet, load_facenet
from models.training.faceres import FaceRes, load_faceres
from models.training.learner import Learner, Recipe
from models.training.lessons import FreshViews
from models.training.loop import CHECKPOINT, as_tensors, fit
from models.training.network import Network
from models.training.pretrained import SIDE, Pretrained
from models.training.targets import as_shares, soft_labels

TEACHER = "teacher"

_HEAD_RATE = 3.0
"""Rate of the fresh heads, relative to that of the layers that already know faces."""
_HEAD_DECAY = 0.01
_MOMENTA = (0.9, 0.98)
_SAMPLE = 512


@dataclass(frozen=True)
class TeacherRecipe(Recipe):
    """How to fine-tune: AdamW, whose rate falls along a cosine."""

    epochs: int = 18
    judge_weight: float = 0.4
    sides: tuple[tuple[float, int], ...] = ((0, SIDE),)
    kernel_rate: float = 1e-3
    kernel_decay: float = 0.05
    average: float = 0.998
    warm_up: float = 0.03

    def rate(self, epoch: float) -> float:
        """Share of the learning rates at `epoch`, whole and begun ones."""
        progress = epoch / self.epochs
        return min(1.0, progress / self.warm_up) * (1 + math.cos(math.pi * progress)) / 2


def teach(
    splits: dict[str, Split],
    start: Path,
    out: Path,
    recipe: TeacherRecipe,
    judge: Network | None = None,
) -> None:
    """Fine-tune the face network of the folder `start` on `train`; a run in `out` that was stopped resumes.

    It also learns from what `judge`, an earlier generation, answers to the views that it is shown.
    """
    faces, labels = as_tensors(splits["train"])
    votes = as_shares(splits["train"].votes)
    torch.manual_seed(recipe.seed)
    load_start = load_faceres if (start / faceres.GRAPH).exists() else load_facenet
    network = load_start(start, faces[torch.randperm(len(faces))[:_SAMPLE]])
    if judge is not None:
        judge = judge.to(memory_format=torch.channels_last)
    targets = soft_labels(labels, votes, recipe.label_weight)
    lesson = FreshViews(faces, labels, votes, targets, judge, recipe.judge_weight)
    learner = Learner(network, (_optimiser(network, recipe),), recipe)
    fit({TEACHER: learner}, lesson, splits["public"], recipe, out)


def load_teacher(run: Path) -> Pretrained:
    """Return the network of a run of `teach`."""
    weights = torch.load(run / CHECKPOINT, weights_only=True)[TEACHER]["average"]
    network: Pretrained = FaceNet() if any(name.startswith("blocks") for name in weights) else FaceRes()
    network.load_state_dict(weights)
    return network.eval()


def _optimiser(network: Pretrained, recipe: Recipe) -> torch.optim.Optimizer:
    heads = [*network.label.parameters(), *network.votes.parameters()]
    chosen = {id(parameter) for parameter in heads}
    body = [parameter for parameter in network.parameters() if id(parameter) not in chosen]
    rate = recipe.kernel_rate
    groups = [
        {"params": [p for p in body if p.ndim > 1], "lr": rate, "weight_decay": recipe.kernel_decay},
        {"params": [p for p in body if p.ndim == 1], "lr": rate, "weight_decay": 0.0},
        {"params": heads, "lr": _HEAD_RATE * rate, "weight_decay": _HEAD_DECAY},
    ]
    return torch.optim.AdamW(groups, betas=_MOMENTA)
