"""`emotion-edge decommission`: remove the retained messages of a device."""

from pathlib import Path

import click

from edge.commands.options import take_credentials
from edge.config.file import DEFAULT_PATH, load
from edge.system.logs import set_up


@click.command("decommission")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
def command(config: Path) -> None:
    """Remove the retained messages of this device, so that the broker and Home Assistant forget it.

    Stop the daemon first: the command refuses to run beside it. It ends with 69 if the broker cannot be reached.
    """
    from edge.publisher.decommission import decommission

    set_up("decommission", verbose=False)
    take_credentials()
    for topic in decommission(load(config)):
        click.echo(f"removed {topic}")
