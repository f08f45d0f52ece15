"""`emotion-edge bench`: the cost of a frame on this device."""

from pathlib import Path

import click

from edge.commands.options import installed_settings


@click.command("bench")
@click.argument("source")
@click.option(
    "--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Maximum number of frames to analyse."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file; default: /etc/emotion-edge/config.toml if it exists, else the built-in values.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(source: str, frames: int, config: Path | None, as_json: bool) -> None:
    """Measure this device on SOURCE at full speed: milliseconds per stage, CPU time per frame, memory."""
    from edge.tools.bench import bench, report

    click.echo(report(bench(installed_settings(config), source, frames), as_json=as_json))
