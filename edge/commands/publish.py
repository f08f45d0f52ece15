"""`emotion-edge publish`: only the publisher, the process with the network."""

from pathlib import Path

import click

from edge.commands.options import READY_FD, daemon_options, read_settings, ready_callback
from edge.system.logs import set_up
from edge.system.process import stop_on_signal
from edge.system.service import Service


@click.command("publish")
@daemon_options
@READY_FD
def command(config: Path, source: str, pace: str | None, door: str, verbose: bool, ready_fd: int | None) -> None:
    """Run only the publisher: it takes counts from the door and publishes them; it never gets a frame."""
    set_up("publish", verbose=verbose)
    service = Service()
    ready = ready_callback(ready_fd, service)
    settings = read_settings(config, source, pace, door)
    # Imported only here: the observer must not load it.
    from edge.publisher.publisher import publish

    publish(settings, stop_on_signal(), ready, lambda: read_settings(config, source, pace, door), service)
