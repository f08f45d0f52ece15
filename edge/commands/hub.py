"""`emotion-edge hub`: the history of a school, and its page."""

import importlib.util
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.hub_accounts import CONFIG as _CONFIG
from edge.commands.hub_accounts import accounts, tokens
from edge.commands.hub_alerts import alerts
from edge.commands.hub_first_run import first_run
from edge.commands.hub_lesson import lesson
from edge.errors import ConfigError, Unavailable, UnusableInput

if TYPE_CHECKING:
    from edge.hub.store.export import Writer


@click.group("hub")
def command() -> None:
    """Keep what devices publish, and show it: a history in one process.

    The hub subscribes to a broker and stores each record once, in SQLite or PostgreSQL. `serve` runs it. It has a page
    and an HTTP API at http://127.0.0.1:8350; /api/v1/openapi.json describes it. Other machines reach it once there is
    an account. Needs `pip install 'emotion-edge[hub]'`.
    """
    for name in (
        "alembic",
        "argon2",
        "fastapi",
        "icalendar",
        "prometheus_client",
        "recurring_ical_events",
        "segno",
        "sqlalchemy",
        "uvicorn",
    ):
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                "emotion-edge hub", f"needs {name}, which is not installed", "pip install 'emotion-edge[hub]'"
            )


@command.command("serve")
@_CONFIG
@click.option("--verbose", is_flag=True, help="Log each attempt, not only changes.")
def serve(config: Path, verbose: bool) -> None:
    """Store what devices publish, and serve page and API, until SIGTERM or Ctrl-C.

    What arrives while the hub is down waits at the broker, for at most 14 days and as many messages as the broker's
    queue takes. A second hub on the same database is refused.
    """
    from edge.commands.options import take_credentials
    from edge.hub.hub import serve as run
    from edge.hub.settings import load
    from edge.system.logs import set_up

    set_up("hub", verbose=verbose)
    take_credentials()
    run(load(config))


@command.command("default-config")
def default_config() -> None:
    """Print the hub's default configuration with a comment for every key."""
    from edge.config.manual import annotated_toml
    from edge.hub.settings import HubSettings

    click.echo(annotated_toml(HubSettings), nl=False)


@command.command("check-config")
@_CONFIG
def check_config(config: Path) -> None:
    """Check the hub's configuration; print every problem with its line and a remedy, and end with 78.

    Calendars of lessons are read once; what is wrong with one is printed, and the hub would go on without it.
    """
    from edge.hub.lesson.calendars import problems_of
    from edge.hub.settings import load

    settings = load(config)
    for problem in problems_of(each.calendar for each in settings.timetables):
        click.echo(f"timetables: {problem}", err=True)
    click.echo(f"{config}: in order")


@command.command("address")
@_CONFIG
def address(config: Path) -> None:
    """Print where a phone finds this hub, as a QR code too, and the fingerprint of its certificate authority."""
    from edge.commands.options import take_credentials
    from edge.hub.addresses import describe
    from edge.hub.settings import load

    take_credentials()
    for line in describe(load(config)):
        click.echo(line)


@command.command("export")
@_CONFIG
@click.option("--from", "since", type=click.DateTime(), required=True, help="Begin, UTC, such as 2026-11-01.")
@click.option("--to", "until", type=click.DateTime(), help="End, UTC, not included; default: now.")
@click.option("--site", default="", help="Only this site; needs --room.")
@click.option("--room", default="", help="Only this room; needs --site.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    default="csv",
    show_default=True,
    help="Of FILE.",
)
@click.option("--practice", is_flag=True, help="Also records of practice, which are none of a lesson.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def export(
    config: Path,
    since: datetime,
    until: datetime | None,
    site: str,
    room: str,
    kind: str,
    practice: bool,
    file: Path,
) -> None:
    """Write the records of a time into a new FILE, or to standard output for -.

    csv has one row for each record; an empty cell is withheld or not known, never 0. jsonl has the records as they were
    published. parquet has the columns of csv with types, and needs `pip install 'emotion-edge[parquet]'`. Beside FILE,
    FILE.dictionary.csv says what each column means and how wrong its number may be. The hub may run meanwhile.

    Records of practice are left out unless --practice is given; the column `practice` marks them.
    """
    from edge.hub.settings import load
    from edge.hub.store.database import Database
    from edge.hub.store.dictionary import write_dictionary
    from edge.hub.store.export import write_records
    from edge.hub.store.history import History, Room
    from edge.system.paths import exists
    from edge.watch.export import Export

    if bool(site) != bool(room):
        raise click.UsageError("--site and --room belong together; give both or none")
    writer: Callable[[], AbstractContextManager[Writer]] = partial(Export, str(file), kind)
    if kind == "parquet":
        writer = _parquet(file)
    dictionary = file.with_name(f"{file.name}.dictionary.csv")
    for target in (file, dictionary) if str(file) != "-" else ():
        if exists(target):
            raise Unavailable(target, "is there already", "name a new file")
    begin, end = (moment.replace(tzinfo=UTC).timestamp() for moment in (since, until or datetime.now(UTC)))
    database = Database(load(config))
    database.check()
    if str(file) != "-":
        write_dictionary(dictionary)
    place = Room(site, room) if site else None
    records = History(database).every_record(place, int(begin), int(end), practice=practice)
    click.echo(f"{write_records(records, writer())} records", err=True)


def _parquet(file: Path) -> "Callable[[], AbstractContextManager[Writer]]":
    if str(file) == "-":
        raise click.UsageError("--format parquet needs a FILE; csv and jsonl can be written to standard output")
    if importlib.util.find_spec("pyarrow") is None:
        remedy = "pip install 'emotion-edge[parquet]' (about 50 MB), or use csv or jsonl"
        raise ConfigError("--format parquet", "needs pyarrow, which is not installed", remedy)
    from edge.hub.store.parquet import ParquetExport

    return partial(ParquetExport, str(file))


def _address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from edge.hub.settings import postgresql_address

    try:
        return postgresql_address(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@command.command("import")
@_CONFIG
@click.option("--min-group", type=int, required=True, help="privacy.min_group of the devices of that time.")
@click.option("--max-share", type=float, required=True, help="privacy.max_share of the devices of that time.")
@click.option("--min-cell", type=float, required=True, help="privacy.min_cell of the devices of that time.")
@click.argument("source", metavar="URL", callback=_address)
def take_over(config: Path, min_group: int, max_share: float, min_cell: float, source: str) -> None:
    """Take over the records that release 0.2.0 stored in PostgreSQL, by its schema.sql; stop the hub first.

    URL is postgresql://USER@HOST/DATABASE, with the password in the file that PGPASSFILE names. It is only read. Those
    tables do not hold what the devices withheld, so the options say it. A record that the hub has already changes
    nothing. After an interruption the same command goes on where it was.
    """
    from pydantic import ValidationError

    from edge.contract.records import PrivacyNote
    from edge.hub.settings import load
    from edge.hub.store.database import Database
    from edge.hub.store.importing import Importer

    try:
        privacy = PrivacyNote(min_group=min_group, max_share=max_share, min_cell=min_cell)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]).replace("_", "-")
        raise click.UsageError(f"--{name} is no value that a device can have; see its configuration") from error
    settings = load(config)
    database = Database(settings)
    with database.lock():
        database.upgrade()
        importer = Importer(database, settings.store.max_devices, source, privacy)
        with click.progressbar(length=importer.count(), label="records", file=sys.stderr) as progress:
            done = importer.run(progress.update)
    click.echo(f"{done.new} records imported, {done.repeated} were there already")
    if done.refused:
        reasons = ", ".join(f"{count} {reason}" for reason, count in done.refused.items())
        remedy = "look at them there; too many devices: raise store.max_devices, and run it again"
        raise UnusableInput(source, f"has records that were left out ({reasons})", remedy)


@command.command("backup")
@_CONFIG
@click.argument("file", type=click.Path(path_type=Path))
def backup(config: Path, file: Path) -> None:
    """Write a copy of the SQLite history into a new FILE; the hub may run meanwhile.

    A history on PostgreSQL has its own tool: pg_dump.
    """
    from edge.hub.backup import backup as copy
    from edge.hub.settings import load
    from edge.hub.store.database import Database

    copy(Database(load(config)), file)


@command.command("restore")
@_CONFIG
@click.argument("file", type=click.Path(path_type=Path))
def restore(config: Path, file: Path) -> None:
    """Put a copy that `backup` made in the place of the SQLite history; stop the hub first.

    FILE is checked before anything is changed. The former history is kept beside the new one.
    """
    from edge.hub.backup import restore as put_back
    from edge.hub.settings import load
    from edge.hub.store.database import Database

    kept = put_back(Database(load(config)), file)
    click.echo(f"restored; the former history is {kept}" if kept else "restored")


command.add_command(accounts)
command.add_command(alerts)
command.add_command(tokens)
command.add_command(first_run)
command.add_command(lesson)
