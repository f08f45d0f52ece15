"""`emotion-edge apply`: use the changed configuration."""

import sys
from pathlib import Path

import click

from edge.config.file import DEFAULT_PATH, load
from edge.errors import EX_CONFIG
from edge.system.configuration import last_of


@click.command("apply")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    help="Seconds to wait for the running device; default: 60 and one interval, which the observer ends first.",
)
def command(config: Path, timeout: float | None) -> None:
    """Check the configuration, reload the running device, and wait until both processes use it.

    To a file without the line that proves that it is whole, it adds this line.
    If a process keeps the old configuration, it prints the reason and ends with 78. It ends with 69 if the device does
    not run.
    """
    from edge.commands.check_config import check
    from edge.tools.apply import add_end, apply

    if problems := check(config):
        click.echo("\n".join(problems), err=True)
        click.echo(f"emotion-edge: {config} is not applied; the configuration in use stays", err=True)
        sys.exit(EX_CONFIG)
    settings = load(config)
    if said := add_end(config):
        click.echo(said, err=True)
    last = last_of(config)
    longest = max(settings.interval_seconds, last.interval_seconds if last else 0.0)
    click.echo(apply(config, settings, timeout or 60.0 + longest, again=bool(said)))
