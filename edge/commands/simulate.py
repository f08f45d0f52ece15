"""`emotion-edge simulate`: a load of simulated devices."""

import threading
from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import load
from edge.system.logs import set_up
from edge.system.process import stop_on_signal


@click.command("simulate")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file, for broker, site and interval.")
@click.option("--devices", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), help="End after so long; otherwise Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON every ten seconds.")
def command(config: Path | None, devices: int, seconds: float | None, as_json: bool) -> None:
    """Send what so many devices would send: a load for brokers, stores and dashboards.

    Every device has a connection of its own and is named sim-00000, sim-00001, …; what its camera sees is made up.
    """
    from edge.simulation.fleet import simulate

    set_up("simulate", verbose=False)
    stop = stop_on_signal()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    simulate(load(config) if config else Settings(), devices, stop, as_json=as_json)
