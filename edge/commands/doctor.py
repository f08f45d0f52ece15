"""`emotion-edge doctor`: what of a device is in order, and what to do about the rest."""

import sys
from pathlib import Path

import click

from edge.commands.options import take_credentials
from edge.config.file import DEFAULT_PATH, load


@click.command("doctor")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option("--privacy", is_flag=True, help="Every promise, what holds it, and whether it holds here.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def command(config: Path, privacy: bool, as_json: bool) -> None:
    """Look at libraries, camera, model, broker, clock, heat, supply, disk and services; say what to do.

    Ends with 0 where nothing failed (warnings do not count), else 78 configuration or installation, 69 something is out
    of reach, 70 anything else.
    """
    from edge.doctor.doctor import examine, exit_code, report

    take_credentials()
    findings = examine(load(config), promises=privacy)
    click.echo(report(config, findings, as_json=as_json))
    sys.exit(exit_code(findings))
