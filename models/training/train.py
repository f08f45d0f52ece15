"""Train a network on FER-2013; a stopped run goes on from its last finished epoch."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from models.training.augment import augment
from models.training.dataset import Split
from models.training.network import OriginalNet

CHECKPOINT = "checkpoint.pt"
HISTORY = "history.json"
_EVALUATION_BATCH = 512


@dataclass(frozen=True)
class Recipe:
    """The original project's settings; Adam with a cosine decay from `learning_rate` to zero."""

    epochs: int = 48
    batch: int = 225
    learning_rate: float = 0.001
    seed: int = 20260


def train(splits: dict[str, Split], out: Path, recipe: Recipe) -> OriginalNet:
    """Train on `train`, watch `public`, and return the network after the last epoch.

    Every epoch leaves a checkpoint and the history in `out`; calling again with the same folder resumes.
    The last epoch is kept, not the best on `public`, so that the figure on `public` is no maximum over epochs.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    network = OriginalNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.epochs)
    history: list[dict[str, float]] = []
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        history = state["history"]
    faces, labels = as_tensors(splits["train"])
    per_epoch = -(-len(labels) // recipe.batch)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        bar = progress.add_task("training", total=recipe.epochs * per_epoch, completed=len(history) * per_epoch)
        for epoch in range(len(history), recipe.epochs):
            begun = time.monotonic()
            # One generator an epoch: a resumed run sees the batches an unbroken one would have seen.
            torch.manual_seed(recipe.seed + epoch)
            generator = torch.Generator().manual_seed(recipe.seed + epoch)
            network.train()
            loss_sum, right = 0.0, 0
            for rows in torch.randperm(len(labels), generator=generator).split(recipe.batch):
                batch = augment(faces[rows].float(), generator)
                loss, hits = _step(network, optimiser, batch, labels[rows])
                loss_sum += loss * len(rows)
                right += hits
                progress.advance(bar)
            schedule.step()
            public = predict(network, splits["public"])
            row = {
                "epoch": epoch + 1,
                "loss": loss_sum / len(labels),
                "train_accuracy": right / len(labels),
                "public_accuracy": float((public.argmax(1) == splits["public"].labels).mean()),
                "seconds": round(time.monotonic() - begun, 1),
            }
            history.append(row)
            progress.console.print(json.dumps(row))
            _save(checkpoint, network, optimiser, schedule, history)
            (out / HISTORY).write_text(json.dumps(history, indent=1))
    return network


def predict(network: nn.Module, split: Split) -> NDArray[np.float32]:
    """Return (N, 7) float32 probabilities of the float network for every face of `split`."""
    faces, _labels = as_tensors(split)
    network.eval()
    with torch.no_grad():
        parts = [torch.softmax(network(part.float()), 1) for part in faces.split(_EVALUATION_BATCH)]
    return torch.cat(parts).numpy()


def as_tensors(split: Split) -> tuple[Tensor, Tensor]:
    """Return faces (N, 1, 48, 48) uint8 and labels (N,) int64."""
    return torch.from_numpy(split.images).unsqueeze(1), torch.from_numpy(split.labels)


def _step(network: nn.Module, optimiser: torch.optim.Optimizer, faces: Tensor, labels: Tensor) -> tuple[float, int]:
    optimiser.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(faces.contiguous(memory_format=torch.channels_last))
    loss = nn.functional.cross_entropy(logits.float(), labels)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    return float(loss.item()), int((logits.argmax(1) == labels).sum())


def _save(
    path: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    schedule: Any,  # noqa: ANN401
    history: list[dict[str, float]],
) -> None:
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "history": history,
        },
        partial,
    )
    partial.replace(path)  # a run killed while saving keeps the epoch before
