"""What looking at a face in many ways gains, and what moving it costs: `python -m tests.measure_settled --help`."""

from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.training.answers import settled_verdict, verdict
from models.training.augment import move
from models.training.dataset import SIDE, load
from models.training.loop import as_tensors
from models.training.weights import load_float

_BATCH = 256
_MOVES = 6
_MOVED = "of moved faces"


@click.command()
@click.argument("weights", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="fer2013.npz or the public fer2013.csv.")
def main(weights: tuple[Path, ...], data: Path) -> None:
    """Compare, on PublicTest, a float network as it is with its mirrored and its settled answers.

    The last row is of the faces moved and relit as far as training ever did, six times.
    """
    public = load(data)["public"]
    faces, labels = as_tensors(public)
    table = Table("weights", "answer", "official", "clean")
    for file in weights:
        network = load_float(file)[0].to(memory_format=torch.channels_last)
        generator = torch.Generator().manual_seed(0)  # every network meets the same moves
        ways = {
            "as it is": lambda part: network.answer(part)[0],  # noqa: B023 - called in this turn
            "and mirror image": lambda part: verdict(network, part),  # noqa: B023
            "settled": lambda part: settled_verdict(network, part),  # noqa: B023
            _MOVED: lambda part: network.answer(move(part, SIDE, generator))[0],  # noqa: B023
        }
        for name, answer in ways.items():
            turns = range(_MOVES if name == _MOVED else 1)
            with torch.no_grad():
                parts = [[answer(part.float()) for part in faces.split(_BATCH)] for _ in track(turns, name)]
            right = torch.stack([torch.cat(said).argmax(1) == labels for said in parts]).double().mean(0).numpy()
            table.add_row(str(file), name, f"{right.mean():.2%}", f"{right[public.clean].mean():.2%}")
    Console().print(table)


if __name__ == "__main__":
    main()
