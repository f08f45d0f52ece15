"""`emotion-edge doctor`: check a device and name the remedy for each problem."""

import sys
from pathlib import Path

import click

from edge.commands.options import take_credentials
from edge.config.file import DEFAULT_PATH, read
from edge.system.configuration import against_last


@click.command("doctor")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option(
    "--privacy", is_flag=True, help="Print each privacy promise, its mechanism, and whether it holds on this machine."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(config: Path, privacy: bool, as_json: bool) -> None:
    """Check libraries, camera, model, broker, clock, temperature, power supply, disk and services.

    Without a configuration it checks what needs none, such as libraries and camera.

    It ends with 0 if no check failed (warnings do not count), with 78 for configuration or installation, with 69 if
    something cannot be reached, and with 70 for anything else.
    """
    from edge.doctor.doctor import examine, exit_code, report

    take_credentials()
    settings, problems = read(config)
    problems += [] if problems else against_last(config, settings, config)
    findings = examine(settings, config, problems, promises=privacy)
    click.echo(report(config, findings, as_json=as_json))
    sys.exit(exit_code(findings))
