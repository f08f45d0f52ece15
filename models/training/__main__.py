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
_RUNS = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of the runs: checkpoints and curves.",
)
_NATURAL = click.option(
    "--natural",
    type=click.Path(path_type=Path),
    help="npz of other people's faces in their natural mix.",
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

    The whole way: `pictures.sh runs/pictures`, `negatives`; `train`, `export`; and `evaluate` for any model file.
    """


@main.command("train")
@_DATA
@_VOTES
@_RUNS
@_NATURAL
@click.option("--only", multiple=True, help="Names of the recipe's runs; default: all.")
@click.option("--epochs", type=click.IntRange(1), help="Other than the recipe's, for a trial.")
@click.option("--compile", "compiled", is_flag=True, help="Fuse the networks; needs a C++ compiler.")
def train_command(
    data: Path,
    votes: Path | None,
    runs: Path,
    natural: Path | None,
    only: tuple[str, ...],
    epochs: int | None,
    *,
    compiled: bool,
) -> None:
    """Train what `models/training/recipe.py` lists; a stopped run resumes where it was."""
    from models.training.recipe import RECIPE
    from models.training.train import Material, train

    known = [run.name for run in RECIPE]
    if unknown := set(only) - set(known):
        raise click.BadParameter(
            f"{', '.join(sorted(unknown))}: the recipe has {', '.join(known)}", param_hint="--only"
        )
    if natural is None:
        raise click.BadParameter("is needed: the last runs learn from them, too", param_hint="--natural")
    material = Material(_load(data, votes), _load_natural(natural))
    with _as_message():
        for run in RECIPE:
            if not only or run.name in only:
                train(material, run, runs, epochs=epochs, compiled=compiled)


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
@_RUNS
@_NEGATIVES
@_NATURAL
@click.option(
    "--example",
    type=click.Path(path_type=Path, exists=True),
    default=Path("edge/camera/sources/portraits/hopper.jpg"),
    show_default=True,
    help="A picture of a face that is free to ship; the daemon's self-test.",
)
@click.option("--size", "sizes", multiple=True, help="standard or small; default: both.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("models"), show_default=True)
def export_command(
    data: Path,
    votes: Path | None,
    runs: Path,
    negatives: Path,
    natural: Path | None,
    example: Path,
    sizes: tuple[str, ...],
    out: Path,
) -> None:
    """Write both sizes as int8 files with their metadata, weights and the curves of their training."""
    import json

    import numpy as np

    from models.training.curves import draw
    from models.training.export import Material, export, pin
    from models.training.loop import CHECKPOINT, HISTORY
    from models.training.recipe import RECIPE, SHIPPED

    if natural is None:
        raise click.BadParameter("is needed: the error of a group is measured on them", param_hint="--natural")
    for size in sizes or SHIPPED:
        for run in RECIPE:
            if run.size == size and run.natural:
                _require(runs / run.name / CHECKPOINT, "train")
    _require(negatives, "negatives")
    windows = np.load(negatives)["windows"]
    material = Material(_load(data, votes), _load_natural(natural), windows, example, runs)
    (out / "pictures").mkdir(exist_ok=True)
    with _as_message():
        for size in sizes or SHIPPED:
            export(material, size, out)
            names = [run.name for run in RECIPE if run.size == size and run.half is None]
            histories = {name: json.loads((runs / name / HISTORY).read_text()) for name in names}
            draw(histories, size, out / "pictures" / f"{size}-curves.png")
        pin(sizes or SHIPPED, out)


@main.command("evaluate")
@_DATA
@_VOTES
@click.argument("model", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--split", default="public", show_default=True, help="train, public, or private where the data hold it.")
@click.option("--faces", type=click.Path(path_type=Path, exists=True), help="Folder of annotated pictures: not a face.")
@_NATURAL
@click.option("--against", type=click.Path(path_type=Path, exists=True), help="Another model file: relative cost.")
@click.option("--draw", type=click.Path(path_type=Path), help="PNG of confusion matrix and reliability diagram.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def evaluate_command(
    data: Path,
    votes: Path | None,
    model: Path,
    split: str,
    faces: Path | None,
    natural: Path | None,
    against: Path | None,
    draw: Path | None,
    *,
    as_json: bool,
) -> None:
    """Measure a model file: agreement with viewers, protocol, calibration, groups, damage, not a face, cost.

    int8 is compared with float where the model's weights lie beside it as .npz.
    """
    import json
    from dataclasses import asdict
    from functools import partial

    from rich.console import Console

    from models.training import report as reports
    from models.training.candidates import face_scores, propose, rejection
    from models.training.cost import relative_cost
    from models.training.dataset import plurality_of
    from models.training.evaluate import evaluate, evaluate_natural
    from models.training.groups import reference_of
    from models.training.model_file import ModelFileError, answer

    splits = _load(data, votes)
    if split not in splits:
        raise click.BadParameter(f"{data} holds {', '.join(splits)}", param_hint="--split")
    rows = splits[split]
    said = partial(answer, model)
    found: list[Any] = [None, None]
    on_natural = None
    try:
        answers = said(rows.images)
        if faces:
            for index, merged in enumerate((True, False)):
                candidates = propose(faces, merged=merged)
                scores = face_scores(said(candidates.windows), model)
                if scores is None:
                    raise click.BadParameter(f"{model} has no output for a face", param_hint="--faces")
                found[index] = rejection(scores, candidates)
        cost = relative_cost(model, against) if against else None
        figures = evaluate(said, rows)
        if natural:
            voted, plurality = plurality_of(rows.votes)
            reference = reference_of(answers.viewers[voted], plurality[voted])
            on_natural = evaluate_natural(said, _load_natural(natural), reference)
    except (ModelFileError, ImportError, FileNotFoundError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    report = reports.Report(
        model=model.name,
        split=split,
        figures=figures,
        natural=on_natural,
        lost_to_int8=_lost_to_int8(model, rows, figures.plurality.value),
        rejection=found[0],
        rejection_raw=found[1],
        relative_cost=cost,
    )
    if draw:
        from models.training import picture

        voted, plurality = plurality_of(rows.votes)
        picture.draw(answers.viewers[voted], plurality[voted], figures.confusion, draw)
    if as_json:
        click.echo(json.dumps(asdict(report), indent=1))
    else:
        Console().print(reports.table(report))


def _lost_to_int8(model: Path, rows: Any, accuracy: float) -> float | None:  # noqa: ANN401 - see dataset.Split
    weights = model.with_suffix(".npz")
    if not weights.exists():
        return None
    try:
        from models.training.dataset import plurality_of
        from models.training.loop import predict
        from models.training.weights import load_float
    except ImportError:
        return None  # without PyTorch
    network, _face = load_float(weights)
    voted, plurality = plurality_of(rows.votes)
    right = predict(network, rows.images[voted])[0].argmax(1) == plurality[voted]
    return 100 * (float(right.mean()) - accuracy)


@contextmanager
def _as_message() -> Iterator[None]:
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


def _load_natural(natural: Path) -> Any:  # noqa: ANN401 - as above
    from models.training.dataset import DatasetError
    from models.training.natural import load_natural

    try:
        return load_natural(natural)
    except DatasetError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        raise SystemExit(f"{missing}; install what training needs: pip install '.[train]'") from missing
