"""Code that several commands share: options and settings of a daemon, credentials, and the ready notification."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edge.config import Settings
from edge.config.file import DEFAULT_PATH, load
from edge.config.for_board import for_board
from edge.errors import ConfigError
from edge.system.board import board_model
from edge.system.configuration import Configuration
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
        click.option("--source", default="", help="Use this source instead of camera.source."),
        click.option("--pace", type=click.Choice(["native", "fast"]), help="Use this pace instead of camera.pace."),
        click.option("--door", default="", help="Use this socket instead of door.path."),
        click.option("--verbose", is_flag=True, help="Log each attempt, not only changes."),
    ):
        command = option(command)
    return command


def daemon_configuration(config: Path, source: str, pace: str | None, door: str) -> Configuration:
    """Return the configuration of a daemon: a file, changed by the options of the command line."""

    def adjust(settings: Settings) -> Settings:
        camera = settings.camera.with_source(source) if source else settings.camera
        return settings.model_copy(
            update={
                "camera": camera.model_copy(update={"pace": pace} if pace else {}),
                "door": settings.door.model_copy(update={"path": door} if door else {}),
            }
        )

    return Configuration(config, adjust)


def installed_settings(config: Path | None) -> Settings:
    """Return the settings of a file; without one, those of the installed configuration, else the built-in values.

    What they leave open is as on this board.

    Raises:
        InvalidConfig: the file cannot be read or used.

    """
    return for_board(_installed(config), board_model())


def _installed(config: Path | None) -> Settings:
    if config is not None:
        return load(config)
    try:
        DEFAULT_PATH.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        remedy = "use sudo, or pass --config FILE"
        raise ConfigError(DEFAULT_PATH, f"cannot be read ({error.strerror})", remedy) from error
    click.echo(f"using {DEFAULT_PATH}", err=True)
    return load(DEFAULT_PATH)


def take_credentials() -> None:
    """Use the credentials that systemd passes to the publisher, if this user may read them."""
    if _CREDENTIAL_STORE.is_dir():
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(_CREDENTIAL_STORE))


def ready_callback(descriptor: int | None, service: Service) -> Callable[[], None]:
    """Return a function that notifies the service manager and, once, the supervisor at the other end of a pipe."""
    if descriptor is not None:
        die_with_parent(signal.SIGTERM)
    waiting = [] if descriptor is None else [descriptor]

    def ready() -> None:
        service.ready()
        while waiting:
            os.write(waiting[0], b"!")
            os.close(waiting.pop())

    return ready
