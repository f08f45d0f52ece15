"""`python -m models.training`: data in, shipped model file out."""

from pathlib import Path

import click

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="fer2013.npz or the public fer2013.csv.",
)
_RUN = click.option(
    "--run",
    type=click.Path(path_type=Path),
    default=Path("runs/original"),
    show_default=True,
    help="Folder of checkpoints and curves.",
)


@click.group()
def main() -> None:
    """Train the emotion model, quantise it to int8, and measure it."""


@main.command("train")
@_DATA
@_RUN
@click.option("--epochs", default=48, show_default=True)
@click.option("--batch", default=225, show_default=True)
@click.option("--learning-rate", default=0.001, show_default=True)
def train_command(data: Path, run: Path, epochs: int, batch: int, learning_rate: float) -> None:
    """Train the original network; a stopped run resumes where it was."""
    from models.training.dataset import load
    from models.training.train import Recipe, train

    train(load(data), run, Recipe(epochs, batch, learning_rate))


if __name__ == "__main__":
    main()
