"""`emotion-edge simulate`: many simulated devices."""

import threading
from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import load
from edge.system.logs import set_up
from edge.system.process import stop_on_signal


@click.command("simulate")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file, for broker, site and interval.")
@click.option("--devices", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Number of devices.")
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="End after this number of seconds; default: run until Ctrl-C."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON every ten seconds.")
def command(config: Path | None, devices: int, seconds: float | None, as_json: bool) -> None:
    """Publish the messages of many simulated devices: a load test for brokers, databases and dashboards.

    Each device has a connection of its own and is named sim-00000, sim-00001, …; its counts are invented.
    """
    from edge.simulation.fleet import simulate

    set_up("simulate", verbose=False)
    stop = stop_on_signal()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    simulate(load(config) if config else Settings(), devices, stop, as_json=as_json)
