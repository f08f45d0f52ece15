"""`emotion-edge bench`: what a frame costs on this device."""

from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import load


@click.command("bench")
@click.argument("source")
@click.option(
    "--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Frames to analyse, at most."
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file; default: the built-in values.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def command(source: str, frames: int, config: Path | None, as_json: bool) -> None:
    """Measure this device: milliseconds per stage, CPU per frame, memory, on SOURCE at full speed."""
    from edge.tools.bench import bench, report

    click.echo(report(bench(load(config) if config else Settings(), source, frames), as_json=as_json))
