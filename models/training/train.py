"""Train both sizes at once on FER-2013; a stopped run goes on from its last finished epoch.

The small network also learns from the standard one's answers to the very same augmented faces (distillation: Hinton et
al., 2015; on the same view: Beyer et al., CVPR 2022), which costs no extra pass because both are trained together.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.nn import functional

from models.training.augment import augment
from models.training.curves import draw
from models.training.dataset import SIDE, Split
from models.training.muon import Muon
from models.training.network import SIZES, EmotionNet
from models.training.targets import soft_labels

CHECKPOINT = "checkpoint.pt"
HISTORY = "history.json"
CURVES = "curves.png"
_EVALUATION_BATCH = 256
_MOMENTUM = 0.9


@dataclass(frozen=True)
class Recipe:
    """How to train.

    The rate rises over `warm_up` of the run, stays, and falls linearly to zero from `cool_down` on. Faces are shown at
    32 pixels first, at 40 from `medium_from` on, and at 48 from `full_from` on: the same number of epochs for two
    thirds of the work (progressive resizing: Tan & Le, ICML 2021). The last `finish_epochs` begin at `finish_rate` and
    ask for the label more than for the votes: with the votes' distribution in the target the answers lean to what most
    people see, which is not always what FER-2013's label says.
    """

    epochs: int = 56
    batch: int = 128
    kernel_rate: float = 0.02
    kernel_decay: float = 0.005
    other_rate: float = 0.05
    other_decay: float = 0.0005
    votes_weight: float = 0.4
    teacher_weight: float = 0.6
    average: float = 0.999
    warm_up: float = 0.02
    cool_down: float = 0.6
    medium_from: float = 0.375
    full_from: float = 0.8
    label_weight: float = 0.6
    finish_epochs: int = 6
    finish_rate: float = 0.4
    finish_label_weight: float = 0.9
    seed: int = 20260

    def rate(self, epoch: float) -> float:
        """Share of the learning rates at `epoch`, whole and begun ones."""
        progress = epoch / self.epochs
        if progress >= 1:
            return self.finish_rate * (1 - (epoch - self.epochs) / self.finish_epochs)
        return min(1.0, progress / self.warm_up, (1 - progress) / (1 - self.cool_down))

    def side(self, epoch: int) -> int:
        """Edge length of the faces shown in `epoch`, pixels."""
        progress = epoch / self.epochs
        return 32 if progress < self.medium_from else 40 if progress < self.full_from else SIDE


class Learner:
    """One network with its optimisers and the running average of its weights, which is what ships."""

    def __init__(self, size: str, recipe: Recipe) -> None:
        self.recipe = recipe
        self.network = EmotionNet(SIZES[size]).to(memory_format=torch.channels_last)
        self.average = EmotionNet(SIZES[size]).to(memory_format=torch.channels_last)
        self.average.load_state_dict(self.network.state_dict())
        self.average.eval()
        kernels = [p for p in self.network.stages.parameters() if p.ndim == 4]  # noqa: PLR2004 - convolution kernels
        chosen = {id(p) for p in kernels}
        others = [p for p in self.network.parameters() if id(p) not in chosen]
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (
            Muon(kernels, recipe.kernel_rate, _MOMENTUM, recipe.kernel_decay),
            torch.optim.SGD(
                others, recipe.other_rate, _MOMENTUM, nesterov=True, weight_decay=recipe.other_decay, foreach=True
            ),
        )
        self.run = self.network

    def step(self, loss: Tensor, epoch: float) -> None:
        """One optimiser step down `loss`."""
        self.network.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimiser, rate in zip(self.optimisers, (self.recipe.kernel_rate, self.recipe.other_rate), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * self.recipe.rate(epoch)
            optimiser.step()
        with torch.no_grad():
            for mean, now in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - self.recipe.average)

    def state(self) -> dict[str, object]:
        """Everything that a later run needs to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
        }

    def load(self, state: dict[str, object]) -> None:
        """Take up a saved `state`."""
        self.network.load_state_dict(state["network"])  # type: ignore[arg-type]
        self.average.load_state_dict(state["average"])  # type: ignore[arg-type]
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):  # type: ignore[call-overload]
            optimiser.load_state_dict(saved)


def train(splits: dict[str, Split], out: Path, recipe: Recipe, *, compiled: bool = False) -> None:
    """Train on `train` and watch the clean rows of `public`.

    Every epoch leaves a checkpoint, the history and its curves in `out`; calling again with the same folder resumes.
    The weights after the last epoch are kept, not the best on `public`: its figure is no maximum over epochs.

    Args:
        splits: as `dataset.load` returns them.
        out: folder of the run.
        recipe: how to train.
        compiled: let `torch.compile` fuse the networks; needs a C++ compiler, saves about a fifth of the time.

    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    learners = {size: Learner(size, recipe) for size in SIZES}
    history: list[dict[str, float]] = []
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        for size, learner in learners.items():
            learner.load(state[size])
        history = state["history"]
    if compiled:
        for learner in learners.values():
            learner.run = torch.compile(learner.network)  # type: ignore[assignment]
    faces, labels = as_tensors(splits["train"])
    votes = torch.from_numpy(splits["train"].votes).float()
    votes /= votes.sum(1, keepdim=True).clamp(min=1)
    weights = (recipe.label_weight, recipe.finish_label_weight)
    targets, finishing_targets = (soft_labels(labels, votes, weight) for weight in weights)
    rows = Rows(faces, labels, votes, targets, finishing_targets)
    epochs = recipe.epochs + recipe.finish_epochs
    batches = len(labels) // recipe.batch
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("training", total=epochs * batches, completed=len(history) * batches)
        for epoch in range(len(history), epochs):
            begun = time.monotonic()
            row: dict[str, float] = {"epoch": epoch + 1}
            row |= _epoch(learners, rows, recipe, epoch, lambda: bar.advance(task))
            public, clean = splits["public"], splits["public"].clean
            for size, learner in learners.items():
                right = predict(learner.average, public).argmax(1) == public.labels
                row[f"{size}_clean"] = round(float(right[clean].mean()), 4)
            row["seconds"] = round(time.monotonic() - begun, 1)
            history.append(row)
            bar.console.print(json.dumps(row), soft_wrap=True)
            _save(checkpoint, {size: learner.state() for size, learner in learners.items()} | {"history": history})
            (out / HISTORY).write_text(json.dumps(history, indent=1))
            draw(history, out / CURVES)


@dataclass(frozen=True)
class Rows:
    """The training split as tensors: faces, labels, shares of votes, and targets of the label head, at last others."""

    faces: Tensor
    labels: Tensor
    votes: Tensor
    targets: Tensor
    finishing_targets: Tensor


def _epoch(
    learners: dict[str, Learner], rows: Rows, recipe: Recipe, epoch: int, advance: Callable[[], None]
) -> dict[str, float]:
    # One generator an epoch: a resumed run sees the batches an unbroken one would have seen.
    torch.manual_seed(recipe.seed + epoch)
    generator = torch.Generator().manual_seed(recipe.seed + epoch)
    batches = len(rows.labels) // recipe.batch
    side = recipe.side(epoch)
    targets = rows.targets if epoch < recipe.epochs else rows.finishing_targets
    order = torch.randperm(len(rows.labels), generator=generator)[: batches * recipe.batch]
    sums = dict.fromkeys([f"{size}_{figure}" for size in learners for figure in ("loss", "train")], 0.0)
    for learner in learners.values():
        learner.network.train()
    for number, chosen in enumerate(order.split(recipe.batch)):
        shown = augment(rows.faces[chosen].float(), side, generator)
        teacher: Tensor | None = None
        for size, learner in learners.items():
            label, vote = learner.run(shown.contiguous(memory_format=torch.channels_last))
            wanted = targets[chosen]
            if teacher is not None:
                wanted = (1 - recipe.teacher_weight) * wanted + recipe.teacher_weight * teacher
            loss = _cross_entropy(label, wanted) + recipe.votes_weight * _cross_entropy(vote, rows.votes[chosen])
            learner.step(loss, epoch + (number + 0.5) / batches)
            if teacher is None:
                teacher = torch.softmax(label.detach(), 1)
            sums[f"{size}_loss"] += float(loss.detach())
            sums[f"{size}_train"] += float((label.argmax(1) == rows.labels[chosen]).float().mean())
        advance()
    return {name: round(value / batches, 4) for name, value in sums.items()}


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return -(wanted * functional.log_softmax(logits, 1)).sum(1).mean()


def predict(network: nn.Module, split: Split) -> NDArray[np.float32]:
    """Return (N, 7) float32 probabilities of the float network for every face of `split`."""
    faces, _labels = as_tensors(split)
    network.eval()
    with torch.no_grad():
        parts = [torch.softmax(network(part.float())[0], 1) for part in faces.split(_EVALUATION_BATCH)]
    return torch.cat(parts).numpy()


def as_tensors(split: Split) -> tuple[Tensor, Tensor]:
    """Return faces (N, 1, 48, 48) uint8 and labels (N,) int64."""
    return torch.from_numpy(split.images).unsqueeze(1), torch.from_numpy(split.labels)


def _save(path: Path, state: dict[str, object]) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)  # a run killed while saving keeps the epoch before
