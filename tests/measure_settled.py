"""How much steadier an answer is that looks at a face in many ways: `python -m tests.measure_settled --help`."""

from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from models.training.answers import settled_verdict, verdict
from models.training.dataset import load
from models.training.evaluate import accuracy
from models.training.loop import as_tensors
from models.training.weights import load_float

_BATCH = 256


@click.command()
@click.argument("weights", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="fer2013.npz or the public fer2013.csv.")
def main(weights: tuple[Path, ...], data: Path) -> None:
    """Compare, on PublicTest, a float network as it is with its mirrored and its settled answers."""
    public = load(data)["public"]
    faces, labels = as_tensors(public)
    table = Table("weights", "answer", "official", "clean")
    for file in weights:
        network = load_float(file)[0].to(memory_format=torch.channels_last)
        ways = {
            "as it is": lambda part: network.answer(part)[0],  # noqa: B023 - called in this turn
            "and mirror image": lambda part: verdict(network, part),  # noqa: B023
            "settled": lambda part: settled_verdict(network, part),  # noqa: B023
        }
        for name, answer in ways.items():
            with torch.no_grad():
                said = torch.cat([answer(part.float()) for part in track(faces.split(_BATCH), name)])
            right = (said.argmax(1) == labels).numpy()
            table.add_row(str(file), name, *(f"{accuracy(rows).value:.2%}" for rows in (right, right[public.clean])))
    Console().print(table)


if __name__ == "__main__":
    main()
