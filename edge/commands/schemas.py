"""`emotion-edge schemas`: the contract as files."""

from pathlib import Path

import click


@click.command("schemas")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> None:
    """Write the JSON Schema of every message to FOLDER."""
    from edge.contract.schemas import write

    write(folder)
