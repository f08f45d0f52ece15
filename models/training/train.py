"""Train both sizes side by side on FER-2013.

The first generation learns from the labels and FER+'s votes. Every further one starts from the one before and also
learns from what the earlier `standard` answers to the very views that it is shown (distillation: Hinton et al., 2015;
of the same view: Beyer et al., CVPR 2022; by a network of the same kind: Furlanello et al., "Born-Again Neural
Networks", ICML 2018). `small` learns from `standard`'s answers as well.
"""

from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from models.training.augment import move
from models.training.dataset import Split
from models.training.learner import Learner, Recipe
from models.training.lessons import FreshViews, JudgedViews, Lesson
from models.training.loop import as_tensors, fit
from models.training.network import CLASSES, SIZES, EmotionNet
from models.training.targets import soft_labels
from models.training.weights import load_float

VIEWS = 8
_ANSWERS = "answers.npy"
_JUDGED_AT_ONCE = 512
_JUDGE = "standard"


def train(
    splits: dict[str, Split],
    out: Path,
    recipe: Recipe,
    *,
    earlier: dict[str, Path] | None = None,
    compiled: bool = False,
) -> None:
    """Train on `train`; `out` then holds checkpoint, history and curves.

    Args:
        splits: as `dataset.load` returns them.
        out: folder of the run; a run that was stopped resumes from it.
        recipe: how to train.
        earlier: files of float weights of the generation before, by size (`weights.load_float`).
        compiled: let `torch.compile` fuse the networks; needs a C++ compiler, saves a third of the time.

    """
    faces, labels = as_tensors(splits["train"])
    votes = torch.from_numpy(splits["train"].votes).float()
    votes /= votes.sum(1, keepdim=True).clamp(min=1)
    targets = soft_labels(labels, votes, recipe.label_weight)
    torch.manual_seed(recipe.seed)
    learners = {name: Learner(size, recipe, compiled=compiled) for name, size in SIZES.items()}
    lesson: Lesson = FreshViews(faces, labels, votes, targets)
    if earlier:
        out.mkdir(parents=True, exist_ok=True)
        before = {size: load_float(file, size)[0] for size, file in earlier.items()}
        for size, network in before.items():
            learners[size].start_from(network)
        views = _views(faces, recipe.seed)
        answers = _judge(views, before[_JUDGE], out / _ANSWERS)
        mixed = (1 - recipe.judge_weight) * targets + recipe.judge_weight * answers
        lesson = JudgedViews(views, labels, votes, mixed)
    fit(learners, lesson, splits["public"], recipe, out)


def _views(faces: Tensor, seed: int) -> Tensor:
    """Return (`VIEWS`, N, 1, 48, 48) uint8, always the same ones."""
    generator = torch.Generator().manual_seed(seed)
    views = torch.empty((VIEWS, *faces.shape), dtype=torch.uint8)
    for view in track(views, "views"):
        for start in range(0, len(faces), _JUDGED_AT_ONCE):
            part = faces[start : start + _JUDGED_AT_ONCE].float()
            view[start : start + len(part)] = move(part, faces.shape[3], generator).round()
    return views


def _judge(views: Tensor, judge: EmotionNet, kept: Path) -> Tensor:
    """Return (V, N, 7) float32, the probabilities that `judge` gives to every view."""
    if kept.exists():
        return torch.from_numpy(np.load(kept)).float()
    answers = torch.empty((*views.shape[:2], CLASSES))
    judge = judge.to(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for view, answer in zip(track(views, "judged"), answers, strict=True):
            for start in range(0, len(view), _JUDGED_AT_ONCE):
                part = view[start : start + _JUDGED_AT_ONCE].float()
                answer[start : start + len(part)] = torch.softmax(judge.answer(part)[0].float(), 1)
    np.save(kept, answers.numpy().astype(np.float16))
    return answers
