"""`emotion-edge decommission`: remove what a device left with its broker."""

from pathlib import Path

import click

from edge.commands.options import take_credentials
from edge.config.file import DEFAULT_PATH, load
from edge.system.logs import set_up


@click.command("decommission")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
def command(config: Path) -> None:
    """Let the broker and Home Assistant forget this device: remove what it left there as retained messages.

    Stop the daemon first; as long as it runs this is refused. Ends with 69 where the broker is out of reach.
    """
    from edge.publisher.decommission import decommission

    set_up("decommission", verbose=False)
    take_credentials()
    for topic in decommission(load(config)):
        click.echo(f"removed {topic}")
