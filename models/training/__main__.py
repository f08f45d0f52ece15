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


@main.command("export")
@_DATA
@_RUN
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/emotion.tflite"), show_default=True)
@click.option("--name", default="original-1", show_default=True, help="Name of the model in every record.")
def export_command(data: Path, run: Path, out: Path, name: str) -> None:
    """Quantise the trained network to int8, measure the file, write it with its metadata."""
    import hashlib
    import json
    from dataclasses import asdict

    import torch

    from models.training.dataset import LABELS, load
    from models.training.evaluate import evaluate, predict
    from models.training.network import OriginalNet, multiply_accumulates
    from models.training.quantise import to_int8
    from models.training.train import CHECKPOINT
    from models.training.train import predict as predict_float

    splits = load(data)
    state = torch.load(run / CHECKPOINT, weights_only=True)
    network = OriginalNet()
    network.load_state_dict(state["network"])
    network.eval()
    to_int8(network, splits["train"].images, out)
    metadata = {
        "name": name,
        "labels": list(LABELS),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "input": "one 48x48 grey face; the real value of the int8 tensor is the pixel 0-255",
        "mega_multiply_accumulates": round(multiply_accumulates(network) / 1e6, 1),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "epochs": len(state["history"]),
        "train_accuracy_augmented": round(state["history"][-1]["train_accuracy"], 4),
        "public_float": asdict(evaluate(predict_float(network, splits["public"]), splits["public"]).official),
        "public_int8": asdict(evaluate(predict(out, splits["public"].images), splits["public"])),
    }
    out.with_suffix(".json").write_text(json.dumps(metadata, indent=1) + "\n")
    click.echo(json.dumps(metadata["public_int8"]))


@main.command("evaluate")
@_DATA
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option("--split", default="public", show_default=True, help="train, public, or private where the data hold it.")
def evaluate_command(data: Path, model: Path, split: str) -> None:
    """Print accuracy (official and clean), recall, confusion and calibration error of a model file as JSON."""
    import json
    from dataclasses import asdict

    from models.training.dataset import load
    from models.training.evaluate import evaluate, predict

    rows = load(data)[split]
    click.echo(json.dumps(asdict(evaluate(predict(model, rows.images), rows)), indent=1))


if __name__ == "__main__":
    main()
