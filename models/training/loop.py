"""The loop of epochs; a stopped run goes on from its last finished epoch."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor
from torch.nn import functional

from models.training.curves import draw
from models.training.dataset import Split, plurality_of
from models.training.learner import Learner, Recipe
from models.training.lessons import Lesson
from models.training.network import Network
from models.training.weights import WeightsError

CHECKPOINT = "checkpoint.pt"
HISTORY = "history.json"
_EVALUATION_BATCH = 256


def fit(learners: dict[str, Learner], lesson: Lesson, public: Split, recipe: Recipe, out: Path) -> None:
    """Train `learners` side by side on the same batches, and watch the clean rows of `public`.

    Every epoch leaves a checkpoint, the history and its curves in `out`; calling again with the same folder resumes.
    The weights after the last epoch are kept, not the best on `public`: its figure is no maximum over epochs.

    Raises:
        WeightsError: the run in `out` is of other networks.

    """
    out.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)
    history: list[dict[str, float]] = []
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        begun_with = set(state) - {"history"}
        if begun_with != set(learners):
            message = (
                f"{checkpoint}: a run of {', '.join(sorted(begun_with))}, not of {', '.join(sorted(learners))};"
                " go on with the same, or choose another folder"
            )
            raise WeightsError(message)
        for name, learner in learners.items():
            learner.load(state[name])
        history = state["history"]
    voted, plurality = plurality_of(public.votes)
    batches = len(lesson) // recipe.batch
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(out.name, total=recipe.epochs * batches, completed=len(history) * batches)
        for epoch in range(len(history), recipe.epochs):
            begun = time.monotonic()
            row: dict[str, float] = {"epoch": epoch + 1}
            row |= _epoch(learners, lesson, recipe, epoch, lambda: bar.advance(task))
            for name, learner in learners.items():
                with torch.autocast("cpu", torch.bfloat16):
                    seen, labels = predict(learner.average, public.images)
                right = seen.argmax(1)[voted] == plurality[voted]
                row[f"{name}_clean"] = round(float(right[public.clean[voted]].mean()), 4)
                row[f"{name}_label"] = round(float((labels.argmax(1) == public.labels).mean()), 4)
            row["seconds"] = round(time.monotonic() - begun, 1)
            history.append(row)
            bar.console.print(json.dumps(row), soft_wrap=True)
            _save(checkpoint, {name: learner.state() for name, learner in learners.items()} | {"history": history})
            (out / HISTORY).write_text(json.dumps(history, indent=1))
            for name in learners:
                draw({out.name: history}, name, out / f"{name}-curves.png")


def _epoch(
    learners: dict[str, Learner], lesson: Lesson, recipe: Recipe, epoch: int, advance: Callable[[], None]
) -> dict[str, float]:
    # One generator an epoch: a resumed run sees the batches an unbroken one would have seen.
    torch.manual_seed(recipe.seed + epoch)
    generator = torch.Generator().manual_seed(recipe.seed + epoch)
    batches = len(lesson) // recipe.batch
    side = recipe.side(epoch)
    order = torch.randperm(len(lesson), generator=generator)[: batches * recipe.batch]
    sums = dict.fromkeys([f"{name}_{figure}" for name in learners for figure in ("loss", "agreed")], 0.0)
    for learner in learners.values():
        learner.network.train()
    for number, chosen in enumerate(order.split(recipe.batch)):
        batch = lesson.show(chosen, side, generator)
        for name, learner in learners.items():
            viewers, label = learner.answer(batch.shown)
            each = _cross_entropy(viewers, batch.viewers) + recipe.label_weight * _cross_entropy(label, batch.label)
            loss = (batch.weight * each).sum()
            learner.step(loss, epoch + (number + 0.5) / batches)
            sums[f"{name}_loss"] += float(loss.detach())
            sums[f"{name}_agreed"] += float((viewers.argmax(1) == batch.viewers.argmax(1)).float().mean())
        advance()
    return {name: round(value / batches, 4) for name, value in sums.items()}


def _cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    return -(wanted * functional.log_softmax(logits, 1)).sum(1)


def predict(network: Network, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the float network says of (N, 48, 48) uint8 faces.

    Returns:
        (N, 7) float32 probabilities of what viewers see, and of FER-2013's label.

    """
    faces = torch.from_numpy(images).unsqueeze(1)
    network.eval()
    with torch.no_grad():
        parts = [network.answer(part.float()) for part in faces.split(_EVALUATION_BATCH)]
    viewers, label = (torch.cat(logits).float() for logits in zip(*parts, strict=True))
    return torch.softmax(viewers, 1).numpy(), torch.softmax(label, 1).numpy()


def as_tensors(split: Split) -> tuple[Tensor, Tensor]:
    """Return faces (N, 1, 48, 48) uint8 and labels (N,) int64."""
    return torch.from_numpy(split.images).unsqueeze(1), torch.from_numpy(split.labels)


def _save(path: Path, state: dict[str, object]) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)  # a run killed while saving keeps the epoch before
