"""`emotion-edge observe`: only the observer, the process with the camera."""

from pathlib import Path

import click

from edge.commands.options import READY_FD, daemon_configuration, daemon_options, ready_callback
from edge.system.isolation import give_up_privileges, leave_network
from edge.system.logs import set_up
from edge.system.process import stop_on_signal
from edge.system.reload import Reload
from edge.system.service import Service

_LOADING_SECONDS = 60.0


@click.command("observe")
@daemon_options
@READY_FD
def command(config: Path, source: str, pace: str | None, door: str, verbose: bool, ready_fd: int | None) -> None:
    """Run only the observer: it reads the camera and sends its counts through the door."""
    service = Service()
    configuration = daemon_configuration(config, source, pace, door)
    reload = Reload(configuration.read, service)
    reload.listen()
    set_up("observe", verbose=verbose)
    ready = ready_callback(ready_fd, service)
    settings = configuration.begin()
    if not settings.camera.needs_network:
        leave_network()  # before any library starts a thread: a process with threads gets no namespace of its own
    give_up_privileges()
    service.loading("libraries", _LOADING_SECONDS)
    # This loads OpenCV; a wrong configuration is reported before that.
    from edge.observer.observer import observe

    observe(settings, configuration, reload, stop_on_signal(), ready)
