"""`emotion-edge count`: faces on single pictures."""

import sys
from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import load


@click.command("count")
@click.argument("pictures", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one line of JSON per picture; boxes are in pixels of the picture."
)
@click.option(
    "--draw",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one SVG per picture to this folder: outlines over a link to the picture.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="TOML file; only [vision] is used. Default: the built-in values."
)
def command(pictures: tuple[Path, ...], as_json: bool, draw: Path | None, config: Path | None) -> None:
    """Print the faces and emotions that the daemon would find on single pictures."""
    from edge.tools.count import count

    sys.exit(count(pictures, load(config) if config else Settings(), draw, as_json=as_json))
