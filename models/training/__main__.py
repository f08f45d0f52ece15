"""`python -m models.training`: data in, shipped model files out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="fer2013.npz or the public fer2013.csv.",
)
_VOTES = click.option(
    "--votes",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="fer2013new.csv of FER+, where --data is the csv.",
)
_RUN = click.option(
    "--run",
    type=click.Path(path_type=Path),
    default=Path("runs/1"),
    show_default=True,
    help="Folder of checkpoints and curves.",
)
_EARLIER = click.option(
    "--earlier",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with standard.npz and small.npz of the generation before, to start from and to learn from.",
)
_NEGATIVES = click.option(
    "--negatives",
    type=click.Path(path_type=Path),
    default=Path("runs/negatives.npz"),
    show_default=True,
    help="What `negatives` collected.",
)


@click.group()
def main() -> None:
    """Train the emotion models, quantise them to int8, and measure them.

    The whole way: `pictures.sh runs/pictures`, `negatives`; `facenet.sh runs/facenet`, `teach`; `train`, `export`; and
    `evaluate` for any model file.
    """


@main.command("teach")
@_DATA
@_VOTES
@click.option(
    "--start",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("runs/facenet"),
    show_default=True,
    help="Folder that `facenet.sh` filled.",
)
@_EARLIER
@click.option("--run", type=click.Path(path_type=Path), default=Path("runs/teacher"), show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), help="Other than the recipe's.")
@click.option("--compile", "compiled", is_flag=True, help="Fuse the network; needs a C++ compiler.")
def teach_command(
    data: Path,
    votes: Path | None,
    start: Path,
    earlier: Path | None,
    run: Path,
    epochs: int | None,
    *,
    compiled: bool,
) -> None:
    """Fine-tune the large network that teaches both sizes; a stopped run resumes where it was."""
    from dataclasses import replace

    from models.training.teach import TeacherRecipe, teach
    from models.training.train import JUDGE
    from models.training.weights import load_float

    judge = None
    if earlier:
        _require(earlier / f"{JUDGE}.npz", "export")
        with _told():
            judge = load_float(earlier / f"{JUDGE}.npz")[0]
    recipe = TeacherRecipe(compiled=compiled)
    if epochs:
        recipe = replace(recipe, epochs=epochs)
    teach(_load(data, votes), start, run, recipe, judge)


@main.command("train")
@_DATA
@_VOTES
@_RUN
@_EARLIER
@click.option(
    "--teacher",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of a run of `teach`, to learn from as well.",
)
@click.option(
    "--judge",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Weights of the generation whose answers are learned from; default: standard.npz of --earlier.",
)
@click.option("--epochs", type=click.IntRange(1), help="Default: the recipe's.")
@click.option(
    "--rates",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.25,
    show_default=True,
    help="Share of the first generation's learning rates at which --earlier's networks go on.",
)
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=click.Choice(("standard", "small")),
    help="standard or small; default: both, side by side.",
)
@click.option("--compile", "compiled", is_flag=True, help="Fuse the networks; needs a C++ compiler.")
def train_command(
    data: Path,
    votes: Path | None,
    run: Path,
    earlier: Path | None,
    teacher: Path | None,
    judge: Path | None,
    epochs: int | None,
    rates: float,
    sizes: tuple[str, ...],
    *,
    compiled: bool,
) -> None:
    """Train both sizes, or one; a stopped run resumes where it was."""
    from dataclasses import replace

    from models.training.learner import Recipe
    from models.training.loop import CHECKPOINT
    from models.training.network import SIZES
    from models.training.train import JUDGE, Forerunners, train

    forerunners = None
    if earlier:
        before = {size: earlier / f"{size}.npz" for size in sizes or SIZES}
        judge = judge or earlier / f"{JUDGE}.npz"
        for file in (*before.values(), judge):
            _require(file, "export")
        forerunners = Forerunners(before, judge, teacher)
    elif teacher or judge:
        raise click.BadParameter("only beside --earlier", param_hint="--teacher, --judge")
    if teacher:
        _require(teacher / CHECKPOINT, "teach")
    recipe = Recipe(compiled=compiled)
    if earlier:
        recipe = recipe.going_on(rates)
    if epochs:
        recipe = replace(recipe, epochs=epochs)
    with _told():
        train(_load(data, votes), run, recipe, sizes or tuple(SIZES), forerunners)


@main.command("negatives")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/negatives.npz"), show_default=True)
@click.option("--yunet", type=click.Path(path_type=Path, exists=True), help="Take nothing where this model sees faces.")
def negatives_command(folders: tuple[Path, ...], out: Path, yunet: Path | None) -> None:
    """Collect what Haar cascades take for faces in FOLDERS of pictures without people."""
    import numpy as np

    from models.training.negatives import collect

    try:
        windows, pictures = collect(list(folders), yunet)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, windows=windows, pictures=pictures)
    click.echo(f"{out}: {len(windows)} windows of {len(set(pictures.tolist()))} pictures")


@main.command("export")
@_DATA
@_VOTES
@_RUN
@_NEGATIVES
@click.option(
    "--example",
    type=click.Path(path_type=Path, exists=True),
    default=Path("edge/camera/sources/portraits/hopper.jpg"),
    show_default=True,
    help="A picture of a face that is free to ship; the daemon's self-test.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("models"), show_default=True)
def export_command(data: Path, votes: Path | None, run: Path, negatives: Path, example: Path, out: Path) -> None:
    """Write both sizes as int8 files with their metadata, weights and pictures.

    A size that the run did not train is made anew from the weights in --out.
    """
    import shutil

    import numpy as np

    from models.training.export import Material, export
    from models.training.loop import CHECKPOINT, CURVES
    from models.training.network import SIZES

    _require(run / CHECKPOINT, "train")
    _require(negatives, "negatives")
    material = Material(_load(data, votes), np.load(negatives)["windows"], example, run)
    with _told():
        for size in SIZES:
            export(material, size, out)
    (out / "pictures").mkdir(exist_ok=True)
    shutil.copy(run / CURVES, out / "pictures" / "curves.png")


@main.command("evaluate")
@_DATA
@_VOTES
@click.argument("model", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--split", default="public", show_default=True, help="train, public, or private where the data hold it.")
@click.option("--faces", type=click.Path(path_type=Path, exists=True), help="Folder of annotated pictures: not a face.")
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="Another model file: relative cost.")
@click.option("--draw", type=click.Path(path_type=Path), help="PNG of confusion matrix and reliability diagram.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def evaluate_command(
    data: Path,
    votes: Path | None,
    model: Path,
    split: str,
    faces: Path | None,
    against: Path | None,
    draw: Path | None,
    *,
    as_json: bool,
) -> None:
    """Measure a model file: accuracy (official and clean), recall, calibration, share errors, not a face, cost.

    int8 is compared with float where the model's weights lie beside it as .npz.
    """
    import json
    from dataclasses import asdict

    from rich.console import Console

    from models.training import report as reports
    from models.training.candidates import propose, rejection
    from models.training.cost import relative_cost
    from models.training.evaluate import evaluate
    from models.training.model_file import ModelFileError, answer

    splits = _load(data, votes)
    if split not in splits:
        raise click.BadParameter(f"{data} holds {', '.join(splits)}", param_hint="--split")
    rows = splits[split]
    found: list[Any] = [None, None]
    try:
        probabilities = answer(model, rows.images).probabilities
        if faces:
            for index, merged in enumerate((True, False)):
                candidates = propose(faces, merged=merged)
                scores = answer(model, candidates.windows).face
                if scores is None:
                    raise click.BadParameter(f"{model} has no second output", param_hint="--faces")
                found[index] = rejection(scores.astype(float), candidates)
        cost = relative_cost(model, against) if against else None
    except (ModelFileError, ImportError, FileNotFoundError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    figures = evaluate(probabilities, rows)
    report = reports.Report(
        model=model.name,
        split=split,
        figures=figures,
        lost_to_int8=_lost_to_int8(model, rows, figures.official.value),
        rejection=found[0],
        rejection_raw=found[1],
        relative_cost=cost,
    )
    if draw:
        from models.training import picture

        picture.draw(probabilities, rows.labels, figures.confusion, draw)
    if as_json:
        click.echo(json.dumps(asdict(report), indent=1))
    else:
        Console().print(reports.table(report))


@main.command("try-negatives")
@_DATA
@_VOTES
@_RUN
@_NEGATIVES
@click.option("--faces", type=click.Path(path_type=Path, exists=True), required=True, help="Annotated pictures.")
@click.option("--size", default="small", show_default=True)
def try_negatives_command(data: Path, votes: Path | None, run: Path, negatives: Path, faces: Path, size: str) -> None:
    """Say what false windows of the annotated pictures themselves would add; they are not free to be shipped.

    They are taken from every other picture, and both ways are measured on the rest, in float.
    """
    import json
    from dataclasses import asdict

    import numpy as np

    from models.training.loop import CHECKPOINT
    from models.training.trial import try_negatives

    _require(run / CHECKPOINT, "train")
    _require(negatives, "negatives")
    windows = np.load(negatives)["windows"]
    with _told():
        for name, found in try_negatives(_load(data, votes)["train"].images, windows, faces, run, size).items():
            click.echo(f"{name}: {json.dumps(asdict(found))}")


def _lost_to_int8(model: Path, rows: Any, accuracy: float) -> float | None:  # noqa: ANN401 - see dataset.Split
    weights = model.with_suffix(".npz")
    if not weights.exists():
        return None
    try:
        from models.training.loop import predict
        from models.training.weights import load_float
    except ImportError:
        return None  # without PyTorch
    network, _face = load_float(weights)
    return 100 * (float((predict(network, rows).argmax(1) == rows.labels).mean()) - accuracy)


@contextmanager
def _told() -> Iterator[None]:
    """End with the message alone where weights or a run are not what is needed."""
    from models.training.weights import WeightsError

    try:
        yield
    except WeightsError as error:
        raise click.ClickException(str(error)) from error


def _require(file: Path, command: str) -> None:
    if not file.exists():
        message = f"{file}: no such file; `python -m models.training {command}` makes it"
        raise click.ClickException(message)


def _load(data: Path, votes: Path | None) -> Any:  # noqa: ANN401 - its import takes seconds
    from models.training.dataset import DatasetError, load

    try:
        return load(data, votes)
    except DatasetError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        raise SystemExit(f"{missing}; install what training needs: pip install '.[train]'") from missing
