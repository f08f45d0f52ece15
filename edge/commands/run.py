"""`emotion-edge run`: observer and publisher on one machine."""

import signal
import sys
from pathlib import Path
from typing import NoReturn

import click

from edge.commands.options import daemon_configuration, daemon_options
from edge.system.logs import set_up
from edge.system.paths import state_directory
from edge.system.process import event_at, stop_on_signal


@click.command("run")
@daemon_options
def command(config: Path, source: str, pace: str | None, door: str, verbose: bool) -> NoReturn:
    """Run the observer and the publisher, and restart each when it ends."""
    from edge.system.records_lost import note_loss
    from edge.system.supervisor import run

    reload = event_at(signal.SIGHUP)  # before anything that takes time: without it, the signal ends the process
    set_up("run", verbose=verbose)
    settings = daemon_configuration(config, source, pace, door).begin()
    arguments = ["--config", str(config)]
    arguments += ["--source", source] if source else []
    arguments += ["--pace", pace] if pace else []
    arguments += ["--verbose"] if verbose else []
    stop, reload, state = stop_on_signal(), event_at(signal.SIGHUP), state_directory(settings)
    sys.exit(run(arguments, stop, settings.door.path, reload, lambda: note_loss(state)))
