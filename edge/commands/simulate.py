"""`emotion-edge simulate`: many simulated devices."""

import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from edge.config import Settings
from edge.config.file import load
from edge.config.pause import Hours, weekly_hours
from edge.errors import ConfigError
from edge.system.logs import set_up
from edge.system.process import stop_on_signal

_LONGEST_NAME = 64


def _lessons(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Hours, ...]:
    try:
        return tuple(weekly_hours(value) for value in values)
    except ValueError as error:
        raise click.BadParameter(f"{', '.join(values)}: {error}") from error


def _rooms(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for name in values:
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise click.BadParameter(f"{name!r} is no name of a room; write 1 to {_LONGEST_NAME} printable characters")
    return values


@click.command("simulate")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file, for broker, site and interval.")
@click.option(
    "--devices",
    type=click.IntRange(1, 100_000),
    help="Number of devices; default: one for each --room, without these 100.",
)
@click.option(
    "--room",
    "rooms",
    multiple=True,
    callback=_rooms,
    metavar="NAME",
    help="Name of a room, once for each; further devices are in rooms such as A101.",
)
@click.option(
    "--lesson",
    "lessons",
    multiple=True,
    callback=_lessons,
    metavar="HOURS",
    help='Weekly hours of a lesson, such as "mon-fri 08:00-08:45", once for each; between lessons the rooms are empty. '
    "The time zone is pause.timezone of the configuration, else that of this machine. Default: people come and go.",
)
@click.option(
    "--history",
    is_flag=True,
    help="Begin with the records of the last six hours, and of the lessons of former days, as if they came late.",
)
@click.option(
    "--various",
    is_flag=True,
    help="Not all is well: of six rooms one was dark for a while, one has too few people, one is paused, one's camera "
    "fails, and one is switched off.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="End after this number of seconds; default: run until Ctrl-C."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON every ten seconds.")
def command(
    config: Path | None,
    devices: int | None,
    rooms: tuple[str, ...],
    lessons: tuple[Hours, ...],
    history: bool,
    various: bool,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Publish the messages of many simulated devices: a load test for brokers, databases and dashboards.

    Each device has a connection of its own and is named sim-00000, sim-00001, …; its counts are invented.
    """
    from edge.simulation.fleet import simulate
    from edge.simulation.school import ORDINARY, VARIOUS, School

    set_up("simulate", verbose=False)
    if history and not lessons:
        raise ConfigError("--history", "needs the hours of the lessons", 'add --lesson "mon-fri 08:00-08:45"')
    settings = load(config) if config else Settings()
    zone = ZoneInfo(settings.pause.timezone) if settings.pause.timezone else None
    school = School(rooms, lessons, zone, VARIOUS if various else (ORDINARY,), history=history)
    stop = stop_on_signal()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    simulate(settings, devices or len(rooms) or 100, school, stop, as_json=as_json)
