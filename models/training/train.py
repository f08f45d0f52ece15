"""Train one size or both side by side on FER-2013.

The first generation learns from the labels and FER+'s votes. Every further one starts from the one before and also
learns from what teachers answer to the very views that it is shown (distillation: Hinton et al., 2015; of the same
view: Beyer et al., CVPR 2022) and to the face settled (`answers`): an earlier `standard` (Furlanello et al.,
"Born-Again Neural Networks", ICML 2018) and, where there is one, a larger network that has seen more faces (`teach`).
`small` learns from `standard`'s answers as well, if both are trained.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from models.training.answers import answers
from models.training.dataset import Split
from models.training.learner import Recipe, student
from models.training.lessons import FreshViews, JudgedViews, Lesson
from models.training.loop import as_tensors, fit
from models.training.narrow import narrow
from models.training.network import SIZES, Network
from models.training.targets import as_shares, soft_labels
from models.training.teach import load_teacher
from models.training.views import Faces, make_views
from models.training.weights import load_float

JUDGE = "standard"


@dataclass(frozen=True)
class Forerunners:
    """What a further generation learns from.

    Attributes:
        earlier: files of float weights of the generation before (`weights.load_float`), by the sizes that are trained.
        judge: file of float weights of the generation whose answers are learned from.
        teacher: folder of a run of `teach`, if there is one.

    """

    earlier: dict[str, Path]
    judge: Path
    teacher: Path | None = None


def train(
    splits: dict[str, Split],
    out: Path,
    recipe: Recipe,
    sizes: tuple[str, ...],
    forerunners: Forerunners | None = None,
) -> None:
    """Train on `train`; `out` then holds checkpoint, history and curves.

    Args:
        splits: as `dataset.load` returns them.
        out: folder of the run; a run that was stopped resumes from it.
        recipe: how to train.
        sizes: which of `SIZES`.
        forerunners: for every generation but the first.

    """
    faces, labels = as_tensors(splits["train"])
    votes = as_shares(splits["train"].votes)
    targets = soft_labels(labels, votes, recipe.label_weight)
    torch.manual_seed(recipe.seed)
    learners = {name: student(SIZES[name], recipe) for name in sizes}
    lesson: Lesson = FreshViews(faces, labels, votes, targets)
    if forerunners:
        out.mkdir(parents=True, exist_ok=True)
        for name, learner in learners.items():
            learner.start_from(narrow(load_float(forerunners.earlier[name])[0], SIZES[name], faces))
        views = make_views(Faces(faces, votes, targets), torch.Generator().manual_seed(recipe.seed))
        teachers: list[Network] = [load_float(forerunners.judge)[0]]
        if forerunners.teacher:
            teachers.append(load_teacher(forerunners.teacher))
        judged = torch.stack(
            [answers(views.faces, faces, one, out / f"answers-{number}.npy") for number, one in enumerate(teachers)]
        ).mean(0)
        wanted = (1 - recipe.judge_weight) * views.targets + recipe.judge_weight * judged
        lesson = JudgedViews(views.faces, labels, views.votes, wanted)
    fit(learners, lesson, splits["public"], recipe, out)
