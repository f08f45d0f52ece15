"""`emotion-edge bench`: the cost of a frame on this device."""

from pathlib import Path

import click

from edge.commands.options import installed_settings

_SEND = "append this line to docs/measured/boards.md and send it to us: CONTRIBUTING.md says how"


@click.command("bench")
@click.argument("source", default="")
@click.option(
    "--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Maximum number of frames to analyse."
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file; default: /etc/emotion-edge/config.toml if it exists, else the built-in values.",
)
@click.option(
    "--report",
    "as_row",
    is_flag=True,
    help="Print the row of this board for docs/reference/cost.md, which you can send to us.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(source: str, frames: int, config: Path | None, as_row: bool, as_json: bool) -> None:
    """Measure this device on SOURCE at full speed: milliseconds per stage, CPU time per frame, memory.

    Without SOURCE it takes the camera of the configuration. Stop the observer first, which holds it.
    """
    from edge.tools import board_report
    from edge.tools.bench import bench, report

    settings = installed_settings(config)
    result = bench(settings, source or settings.camera.source, frames)
    if not as_row:
        click.echo(report(result, as_json=as_json))
        return
    click.echo(board_report.show(board_report.make_row(settings, result), as_json=as_json))
    if not as_json:
        click.echo(_SEND, err=True)
