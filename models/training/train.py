"""Train the networks on FER-2013 and the votes of FER+, as the recipe lists.

A network starts from an earlier one, widened where it became wider. At first it learns from the votes alone, then also
from what teachers answer to the same view of a face (distillation: Hinton et al., 2015; of the same view: Beyer et al.,
CVPR 2022).
"""

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import torch

from models.training.answers import answers
from models.training.dataset import Split
from models.training.learner import Recipe, student
from models.training.lessons import FreshViews, JudgedViews, Lesson
from models.training.loop import CHECKPOINT, as_tensors, fit
from models.training.network import SIZES, EmotionNet, Network
from models.training.recipe import RECIPE, Run
from models.training.targets import smooth_labels, viewers_shares
from models.training.views import Faces, make_views
from models.training.weights import WeightsError, load_float
from models.training.widen import widen


def train(splits: dict[str, Split], run: Run, runs: Path, *, epochs: int | None = None, compiled: bool = False) -> None:
    """Train one run of the recipe on `train`; its folder in `runs` then holds checkpoint, history and curves.

    Args:
        splits: as `dataset.load` returns them.
        run: what to do; one that was stopped resumes.
        runs: folder of all runs.
        epochs: other than the recipe's.
        compiled: whether to fuse the network, which needs a C++ compiler.

    Raises:
        WeightsError: what the run starts from or learns from is missing or does not fit.

    """
    recipe = replace(Recipe(compiled=compiled).going_on(run.rates), epochs=epochs or run.epochs)
    out = runs / run.name
    out.mkdir(parents=True, exist_ok=True)
    faces, labels = as_tensors(splits["train"])
    known = Faces(faces, viewers_shares(splits["train"].votes), smooth_labels(labels))
    torch.manual_seed(recipe.seed)
    learner = student(SIZES[run.size], recipe)
    learner.start_from(widen(start_of(run, runs), SIZES[run.size]))
    lesson: Lesson = FreshViews(*known)
    if run.teachers:
        lesson = _judged(known, {name: trained(name, runs) for name in run.teachers}, recipe, out)
    fit({run.size: learner}, lesson, splits["public"], recipe, out)


def first_start(size: str) -> EmotionNet:
    """Return the network that the first run of a size began with, widened as it was there."""
    run = next(run for run in RECIPE if run.size == size)
    torch.manual_seed(Recipe.seed)
    student(SIZES[size], Recipe())  # draws from the same chance as the run did
    return widen(start_of(run, Path()), SIZES[size]).eval()


def start_of(run: Run, runs: Path) -> EmotionNet:
    """Return the network that a run begins with, of the size that it has there.

    Raises:
        WeightsError: it is missing.

    """
    if ":" not in run.start:
        return trained(run.start, runs)
    shown = subprocess.run(["git", "show", run.start], capture_output=True, check=False)  # noqa: S603, S607 - of this repository
    if shown.returncode:
        message = f"{run.start}: not in this clone; `git fetch --unshallow` brings it"
        raise WeightsError(message)
    return load_float(io.BytesIO(shown.stdout))[0]


def trained(name: str, runs: Path) -> EmotionNet:
    """Return the network of a finished run, the running average of its weights.

    Raises:
        WeightsError: it is missing.

    """
    size = next(run.size for run in RECIPE if run.name == name)
    checkpoint = runs / name / CHECKPOINT
    if not checkpoint.exists():
        message = f"{checkpoint}: no such file; `python -m models.training train --only {name}` makes it"
        raise WeightsError(message)
    network = EmotionNet(SIZES[size])
    network.load_state_dict(torch.load(checkpoint, weights_only=True)[size]["average"])
    return network.eval()


def _judged(known: Faces, teachers: dict[str, Network], recipe: Recipe, out: Path) -> JudgedViews:
    views = make_views(known, torch.Generator().manual_seed(recipe.seed))
    # Beside the runs: every run that learns from this teacher sees the same views.
    said = [answers(views.faces, teacher, out.parent / f"answers-{name}.npy") for name, teacher in teachers.items()]
    viewers, label = torch.stack(said).mean(0)
    share = recipe.teacher_weight
    return JudgedViews(views.faces, torch.lerp(views.viewers, viewers, share), torch.lerp(views.label, label, share))
