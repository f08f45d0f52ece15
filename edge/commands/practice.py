"""`emotion-edge practice`: for some minutes a single person is counted, so that a technician alone sees it work."""

import time
from pathlib import Path

import click

from edge.config.file import DEFAULT_PATH
from edge.errors import ConfigError, Unavailable

_DEFAULT_MINUTES = 30
_MOST_MINUTES = 60


@click.command("practice")
@click.option("--config", type=click.Path(path_type=Path), help=f"TOML file; default: {DEFAULT_PATH}, if it exists.")
@click.option(
    "--minutes",
    type=click.IntRange(1, _MOST_MINUTES),
    default=_DEFAULT_MINUTES,
    show_default=True,
    help="It ends by itself after so many minutes.",
)
@click.option("--off", is_flag=True, help="End it now.")
def command(config: Path | None, minutes: int, off: bool) -> None:
    """Let the running device count a single person for some minutes: privacy.min_group is 1.

    For a technician who is alone in the room. Nobody else may be in view: whoever is there is published without the
    protection of a group. Each record, info and health say `practice`, and the page shows it. It ends by itself, also
    when the clock is set or a service restarts; a restart of the machine ends it at once. Only root, or the user of
    `emotion-edge run`, can switch it, on the device itself.
    """
    from edge.commands.options import installed_settings
    from edge.pause.schedule import WeeklySchedule
    from edge.privacy.practice import Switch, practice_path
    from edge.system.paths import state_directory
    from edge.system.state_lock import is_locked

    settings = installed_settings(config)
    path = practice_path(settings)
    try:
        if off:
            click.echo("practice has ended" if Switch(path).end() else "there was no practice")
            return
        if not is_locked(state_directory(settings)):
            remedy = "start it: sudo systemctl start emotion-edge.target, or `emotion-edge run` as this user"
            raise Unavailable("emotion-edge", f"does not run on {state_directory(settings)}", remedy)
        Switch(path).begin(minutes)
    except PermissionError as error:
        place = error.filename or path
        remedy = f"use sudo; or where others may write: chmod go-w {path.parent}"
        raise ConfigError(place, f"cannot be used ({error.strerror})", remedy) from error
    except OSError as error:
        remedy = "make room, or look at the folder"
        raise Unavailable(path, f"cannot be written ({error.strerror})", remedy) from error
    click.echo(f"practice for {minutes} minutes: the values of a single person are published, and marked")
    click.echo("Nobody else may be in view. End it earlier: emotion-edge practice --off", err=True)
    if WeeklySchedule(settings.pause).paused(time.time()):
        click.echo("But the camera is closed at this hour: see pause.camera_open and pause.holidays", err=True)
