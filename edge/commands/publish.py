"""`emotion-edge publish`: only the publisher, the process with the network."""

from pathlib import Path

import click

from edge.commands.options import READY_FD, daemon_configuration, daemon_options, ready_callback
from edge.system.logs import set_up
from edge.system.process import stop_on_signal
from edge.system.reload import Reload
from edge.system.service import Service


@click.command("publish")
@daemon_options
@READY_FD
def command(config: Path, source: str, pace: str | None, door: str, verbose: bool, ready_fd: int | None) -> None:
    """Run only the publisher: it takes counts from the door and publishes them; it never gets a frame."""
    service = Service()
    configuration = daemon_configuration(config, source, pace, door)
    reload = Reload(configuration.read, service)
    reload.listen()
    set_up("publish", verbose=verbose)
    ready = ready_callback(ready_fd, service)
    settings = configuration.begin()
    # Imported only here: the observer must not load it.
    from edge.publisher.reloads import publish

    publish(settings, configuration, reload, stop_on_signal(), ready)
