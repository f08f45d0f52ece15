"""Train the networks on FER-2013 and the votes of FER+, as the recipe lists.

A network starts from an earlier one, widened where it became wider. At first it learns from the votes alone, then also
from what teachers answer to the same view of a face (distillation: Hinton et al., 2015; of the same view: Beyer et al.,
CVPR 2022).
"""

import io
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from models.training.answers import answers
from models.training.average import averaged, between
from models.training.dataset import Split
from models.training.learner import Recipe, student
from models.training.lessons import FreshViews, JudgedViews, Lesson, WithNatural
from models.training.loop import CHECKPOINT, as_tensors, fit, predict
from models.training.natural import NaturalFaces
from models.training.network import CLASSES, SIZES, EmotionNet, Network
from models.training.recipe import RECIPE, SHIPPED_SHARE, Run
from models.training.targets import smooth_labels, viewers_shares
from models.training.views import Faces, make_views
from models.training.weights import WeightsError, load_float
from models.training.widen import widen

_TRUST = 0.9
"""Share of a natural face's emotion in what is wanted, beside the answer of the network that the run starts from."""


class Material(NamedTuple):
    """What runs learn from.

    Attributes:
        splits: FER-2013, as `dataset.load` returns it.
        natural: other people's faces, for the runs that learn from them, too.

    """

    splits: dict[str, Split]
    natural: NaturalFaces


def train(material: Material, run: Run, runs: Path, *, epochs: int | None = None, compiled: bool = False) -> None:
    """Train one run of the recipe; its folder in `runs` then holds checkpoint, history and curves.

    Args:
        material: what there is to learn from.
        run: what to do; one that was stopped resumes.
        runs: folder of all runs.
        epochs: other than the recipe's.
        compiled: whether to fuse the network, which needs a C++ compiler.

    Raises:
        WeightsError: what the run starts from or learns from is missing or does not fit.

    """
    splits = material.splits
    recipe = Recipe(compiled=compiled).going_on(run.rates)
    recipe = replace(recipe, epochs=epochs or run.epochs, average=run.average)
    out = runs / run.name
    out.mkdir(parents=True, exist_ok=True)
    faces, labels = as_tensors(splits["train"])
    known = Faces(faces, viewers_shares(splits["train"].votes), smooth_labels(labels))
    torch.manual_seed(recipe.seed)
    learner = student(SIZES[run.size], recipe)
    start = first_weights(run, runs, faces)
    learner.start_from(start)
    lesson: Lesson = FreshViews(*known)
    if run.teachers:
        lesson = _judged(known, {name: trained(name, runs) for name in run.teachers}, recipe, out)
    if run.natural:
        lesson = WithNatural(lesson, _natural_views(material.natural.of_half(run.half), start), run.natural)
    fit({run.size: learner}, lesson, splits["public"], recipe, out)


def first_weights(run: Run, runs: Path, faces: Tensor) -> EmotionNet:
    """Return the network that a run begins to train, of its own size.

    Args:
        run: of the recipe.
        runs: folder of all runs.
        faces: (N, 1, 48, 48) uint8 of the training split.

    Raises:
        WeightsError: what it starts from is missing.

    """
    start = widen(start_of(run, runs), SIZES[run.size])
    return averaged(first_start(run.size), start, run.share, faces) if run.share < 1 else start


def shipped(run: Run, runs: Path, faces: Tensor) -> EmotionNet:
    """Return the network that ships of a finished run: between the weights that it began with and its last ones.

    Arguments and errors are those of `first_weights`.
    """
    return between(first_weights(run, runs, faces), trained(run.name, runs), SHIPPED_SHARE)


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


def _natural_views(natural: NaturalFaces, start: EmotionNet) -> FreshViews:
    """Return natural faces with what is wanted of them: mostly their emotion, and the start's answer to the label."""
    viewers, label = predict(start, natural.images)
    emotion = functional.one_hot(torch.from_numpy(natural.emotion), CLASSES).float()
    wanted = torch.lerp(torch.from_numpy(viewers), emotion, _TRUST)
    return FreshViews(torch.from_numpy(natural.images).unsqueeze(1), wanted, torch.from_numpy(label))


def _judged(known: Faces, teachers: dict[str, Network], recipe: Recipe, out: Path) -> JudgedViews:
    views = make_views(known, torch.Generator().manual_seed(recipe.seed))
    # Beside the runs: every run that learns from this teacher sees the same views.
    said = [answers(views.faces, teacher, out.parent / f"answers-{name}.npy") for name, teacher in teachers.items()]
    viewers, label = torch.stack(said).mean(0)
    share = recipe.teacher_weight
    return JudgedViews(views.faces, torch.lerp(views.viewers, viewers, share), torch.lerp(views.label, label, share))
