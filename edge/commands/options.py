"""What several verbs share: the options of a daemon, its settings, its credentials, and the report that it is ready."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edge.config import Settings
from edge.config.file import DEFAULT_PATH, load
from edge.system.process import die_with_parent
from edge.system.service import Service

_CREDENTIAL_STORE = Path("/etc/credstore")
READY_FD = click.option("--ready-fd", type=int, hidden=True)


def daemon_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `run`, `observe` and `publish`."""
    for option in (
        click.option(
            "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file."
        ),
        click.option(
            "--source", default="", help="Overrides camera.source: 0, /dev/video0, rtsp://…, a clip, a folder, scene."
        ),
        click.option(
            "--pace", type=click.Choice(["native", "fast"]), help="Overrides camera.pace (clips and folders)."
        ),
        click.option("--door", default="", help="Overrides door.path, the socket between the two processes."),
        click.option("--verbose", is_flag=True, help="Log every attempt, not only changes."),
    ):
        command = option(command)
    return command


def read_settings(config: Path, source: str, pace: str | None, door: str) -> Settings:
    """Return the settings of a file, with what the command line overrides."""
    settings = load(config)
    camera: dict[str, Any] = ({"source": source} if source else {}) | ({"pace": pace} if pace else {})
    return settings.model_copy(
        update={
            "camera": settings.camera.model_copy(update=camera),
            "door": settings.door.model_copy(update={"path": door} if door else {}),
        }
    )


def take_credentials() -> None:
    """See what systemd hands to the publisher, where this user can."""
    if _CREDENTIAL_STORE.is_dir():
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(_CREDENTIAL_STORE))


def ready_callback(descriptor: int | None, service: Service) -> Callable[[], None]:
    """Tell the supervisor, which waits on the other end of a pipe, or the service manager; a second time the latter."""
    if descriptor is not None:
        die_with_parent(signal.SIGTERM)
    waiting = [] if descriptor is None else [descriptor]

    def ready() -> None:
        service.ready()
        while waiting:
            os.write(waiting[0], b"!")
            os.close(waiting.pop())

    return ready
