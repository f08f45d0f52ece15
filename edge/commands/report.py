"""`emotion-edge report`: the state of every device of a broker."""

import json
import sys
from pathlib import Path

import click

from edge.commands.broker_options import BrokerChoice, broker_options
from edge.commands.listening import listen, write_page
from edge.errors import EX_SOFTWARE


@click.command("report")
@broker_options
@click.option(
    "--expect",
    type=click.Path(path_type=Path),
    help='JSON file of the devices that there should be: [{"site": ..., "device": ..., "room": ..., "version": ...}].',
)
@click.option(
    "--doctor",
    type=click.Path(path_type=Path),
    help="Folder with a file DEVICE.json of each device, printed there by `emotion-edge doctor --json`.",
)
@click.option("--html", type=click.Path(path_type=Path), help="Also write the report as a page, to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=55.0,
    show_default=True,
    help="Listen for so long at most; a device says how it is every 30 s, one of an earlier release every 60 s.",
)
def command(
    broker: BrokerChoice, expect: Path | None, doctor: Path | None, html: Path | None, seconds: float, *, as_json: bool
) -> None:
    """Print how every device of a broker is, those first that need a person.

    It listens until each device that is online has published its facts, a record and its health. It ends with 0 if no
    device needs a person now, with 70 if one does, and with 69 if the broker was not reached. `ansible/report.yml`
    makes the files for --expect and --doctor.
    """
    from edge.fleet.expected import read_files
    from edge.fleet.page import page_of
    from edge.fleet.report import make_report
    from edge.fleet.text import text_of
    from edge.watch.rooms import now

    files = read_files(expect, doctor)
    listener = listen(broker, set(files.devices), seconds)
    report = make_report(listener, files, now())
    if html is not None:
        write_page(html, page_of(report))
    click.echo(json.dumps(report.facts()) if as_json else text_of(report))
    sys.exit(EX_SOFTWARE if report.in_trouble else 0)
