"""Teachers first, then the networks that ship: they learn from the labels and from what the teachers agree on.

Distillation: Hinton et al., 2015. The teachers judge the very views that the students are shown (Beyer et al., CVPR
2022), each beside its mirror image. The weights of an earlier generation, where given, are one more teacher, and what
the students start from (Furlanello et al., "Born-Again Neural Networks", ICML 2018).
"""

from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from models.training.augment import move
from models.training.dataset import Split
from models.training.learner import Learner, Recipe
from models.training.lessons import FreshViews, JudgedViews
from models.training.loop import as_tensors, fit
from models.training.network import CLASSES, SIZES, TEACHERS, EmotionNet
from models.training.targets import soft_labels
from models.training.weights import load_float

TEACHING = Recipe(epochs=26, label_weight=0.9, seed=20260, sides=((0, 32), (0.45, 40), (0.85, 48)))
STUDYING = Recipe(epochs=56, label_weight=0.4, seed=30260, sides=((0, 40), (0.35, 48)))
VIEWS = 8
_RECOMPILATIONS = 64  # three networks at three sides are more than torch.compile allows by default
_ANSWERS = "answers.npy"
_JUDGED_AT_ONCE = 512


def train(
    splits: dict[str, Split],
    out: Path,
    recipes: tuple[Recipe, Recipe] = (TEACHING, STUDYING),
    *,
    earlier: dict[str, Path] | None = None,
    compiled: bool = False,
) -> None:
    """Train on `train`; `out` then holds the students' checkpoint and curves, `out`/teachers the teachers'.

    Args:
        splits: as `dataset.load` returns them.
        out: folder of the run; a run that was stopped resumes from it.
        recipes: how to train the teachers, and the networks that ship.
        earlier: files of float weights of an earlier generation, by size (`weights.load_float`).
        compiled: let `torch.compile` fuse the networks; needs a C++ compiler, saves a third of the time.

    """
    teaching, studying = recipes
    if compiled:
        torch._dynamo.config.recompile_limit = _RECOMPILATIONS  # noqa: SLF001 - its documented place
    faces, labels = as_tensors(splits["train"])
    votes = torch.from_numpy(splits["train"].votes).float()
    votes /= votes.sum(1, keepdim=True).clamp(min=1)
    torch.manual_seed(teaching.seed)
    teachers = {name: Learner(size, teaching, compiled=compiled) for name, size in TEACHERS.items()}
    targets = soft_labels(labels, votes, teaching.label_weight)
    fit(teachers, FreshViews(faces, labels, votes, targets), splits["public"], teaching, out / "teachers")

    before = {size: load_float(file, size)[0] for size, file in (earlier or {}).items()}
    judges = [teacher.average for teacher in teachers.values()]
    judges += [before["standard"]] if before else []
    views = _views(faces, teaching.seed)
    answers = _judge(views, judges, out / "teachers" / _ANSWERS)
    torch.manual_seed(studying.seed)
    students = {name: Learner(size, studying, compiled=compiled) for name, size in SIZES.items()}
    for name, network in before.items():
        students[name].start_from(network)
    mixed = studying.label_weight * targets + (1 - studying.label_weight) * answers
    fit(students, JudgedViews(views, labels, votes, mixed), splits["public"], studying, out)


def _views(faces: Tensor, seed: int) -> Tensor:
    """Return (`VIEWS`, N, 1, 48, 48) uint8, always the same ones."""
    generator = torch.Generator().manual_seed(seed)
    views = torch.empty((VIEWS, *faces.shape), dtype=torch.uint8)
    for view in track(views, "views"):
        for start in range(0, len(faces), _JUDGED_AT_ONCE):
            part = faces[start : start + _JUDGED_AT_ONCE].float()
            view[start : start + len(part)] = move(part, faces.shape[3], generator).round()
    return views


def _judge(views: Tensor, judges: list[EmotionNet], kept: Path) -> Tensor:
    """Return (V, N, 7) float32, the mean probabilities of `judges` for every view and its mirror image."""
    if kept.exists():
        return torch.from_numpy(np.load(kept)).float()
    answers = torch.zeros((*views.shape[:2], CLASSES))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for view, answer in zip(track(views, "judged"), answers, strict=True):
            for start in range(0, len(view), _JUDGED_AT_ONCE):
                part = view[start : start + _JUDGED_AT_ONCE].float()
                for judge in judges:
                    for shown in (part, part.flip(3)):
                        answer[start : start + len(part)] += torch.softmax(judge(shown)[0].float(), 1)
    answers /= 2 * len(judges)
    np.save(kept, answers.numpy().astype(np.float16))
    return answers
