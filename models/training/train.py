"""Train both sizes side by side on FER-2013.

The first generation learns from the labels and FER+'s votes. Every further one starts from the one before and also
learns from what teachers answer to the very views that it is shown (distillation: Hinton et al., 2015; of the same
view: Beyer et al., CVPR 2022): the earlier `standard` (Furlanello et al., "Born-Again Neural Networks", ICML 2018) and,
where there is one, a larger network that has seen more faces (`teach`). `small` learns from `standard`'s answers as
well.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from models.training.augment import move
from models.training.dataset import Split
from models.training.learner import Recipe, student
from models.training.lessons import FreshViews, JudgedViews, Lesson
from models.training.loop import as_tensors, fit
from models.training.network import CLASSES, SIZES, Network
from models.training.targets import as_shares, soft_labels
from models.training.teach import load_teacher
from models.training.weights import load_float

VIEWS = 6
_JUDGED_AT_ONCE = 512
JUDGE = "standard"


@dataclass(frozen=True)
class Forerunners:
    """What a further generation learns from.

    Attributes:
        earlier: files of float weights of the generation before, by size (`weights.load_float`).
        teacher: folder of a run of `teach`, if there is one.

    """

    earlier: dict[str, Path]
    teacher: Path | None = None


def train(
    splits: dict[str, Split],
    out: Path,
    recipe: Recipe,
    forerunners: Forerunners | None = None,
) -> None:
    """Train on `train`; `out` then holds checkpoint, history and curves.

    Args:
        splits: as `dataset.load` returns them.
        out: folder of the run; a run that was stopped resumes from it.
        recipe: how to train.
        forerunners: for every generation but the first.

    """
    faces, labels = as_tensors(splits["train"])
    votes = as_shares(splits["train"].votes)
    targets = soft_labels(labels, votes, recipe.label_weight)
    torch.manual_seed(recipe.seed)
    learners = {name: student(size, recipe) for name, size in SIZES.items()}
    lesson: Lesson = FreshViews(faces, labels, votes, targets)
    if forerunners:
        out.mkdir(parents=True, exist_ok=True)
        before = {size: load_float(file, size)[0] for size, file in forerunners.earlier.items()}
        for size, network in before.items():
            learners[size].start_from(network)
        views = _views(faces, recipe.seed)
        teachers: list[Network] = [before[JUDGE]] + ([load_teacher(forerunners.teacher)] if forerunners.teacher else [])
        answers = torch.stack(
            [_answers(views, one, out / f"answers-{number}.npy") for number, one in enumerate(teachers)]
        ).mean(0)
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


def _answers(views: Tensor, teacher: Network, kept: Path) -> Tensor:
    """Return (V, N, 7) float32, the probabilities that `teacher` gives to every view; they are kept in a file.

    Its logits are averaged with those of the mirror image.
    """
    if kept.exists():
        return torch.from_numpy(np.load(kept)).float()
    answers = torch.empty((*views.shape[:2], CLASSES))
    teacher = teacher.to(memory_format=torch.channels_last)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for view, answer in zip(track(views, kept.stem), answers, strict=True):
            for start in range(0, len(view), _JUDGED_AT_ONCE):
                part = view[start : start + _JUDGED_AT_ONCE].float()
                logits = teacher.answer(part)[0] + teacher.answer(part.flip(3))[0]
                answer[start : start + len(part)] = torch.softmax(logits.float() / 2, 1)
    np.save(kept, answers.numpy().astype(np.float16))
    return answers
