"""`emotion-edge upgrade-plan`: what an upgrade would do, by what the devices of a broker publish."""

import json
import sys
from pathlib import Path

import click

from edge.commands.broker_options import BrokerChoice, broker_options
from edge.commands.listening import listen, write_page
from edge.errors import EX_SOFTWARE


@click.command("upgrade-plan")
@broker_options
@click.option("--release", default="", help="Wheel, or version such as 0.2.1; default: those of the inventory.")
@click.option("--model", default="", help="Model of your own, NAME.tflite with NAME.json beside it.")
@click.option(
    "--inventory",
    "file",
    type=click.Path(path_type=Path),
    help="JSON file of the devices, from ansible/upgrade_plan.yml; default: all that the broker knows.",
)
@click.option(
    "--canaries", type=click.IntRange(min=0), help="Number of devices upgraded first; default: the inventory's, or 1."
)
@click.option("--batches", default="", help='Sizes of the batches after them; default: the inventory\'s, or "5,25%".')
@click.option("--html", type=click.Path(path_type=Path), help="Also write the plan as a page, to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=35.0,
    show_default=True,
    help="Listen for so long at most; devices publish their health, which tells of disks, every 30 s.",
)
def command(
    broker: BrokerChoice,
    release: str,
    model: str,
    file: Path | None,
    canaries: int | None,
    batches: str,
    html: Path | None,
    seconds: float,
    *,
    as_json: bool,
) -> None:
    """Print what an upgrade would do to each device, in the batches of ansible/upgrade.yml; nothing is changed.

    For each device: version and model now and then, its batch, and why it cannot be upgraded now. It asks the broker,
    and no device. It ends with 0 if each device can be upgraded or runs the release already, with 70 if one cannot,
    and with 69 if the broker was not reached.
    """
    from edge.fleet.batches import read_sizes
    from edge.fleet.hosts import in_batches, known_devices, read_inventory
    from edge.fleet.plan import make_plan
    from edge.fleet.plan_page import plan_page
    from edge.fleet.plan_text import plan_text
    from edge.fleet.target import read_targets
    from edge.watch.rooms import now

    inventory = read_inventory(file) if file else None
    sizes = read_sizes(batches) if batches else None
    targets = read_targets(release, model, inventory.hosts if inventory else [])
    listener = listen(broker, {one.place for one in inventory.hosts} if inventory else set(), seconds)
    listed = in_batches(inventory or known_devices(listener.rooms.devices), canaries, sizes)
    plan = make_plan(listener, listed, targets, now())
    if html is not None:
        write_page(html, plan_page(plan))
    click.echo(json.dumps(plan.facts()) if as_json else plan_text(plan))
    sys.exit(EX_SOFTWARE if plan.count("blocked") else 0)
