"""`emotion-edge hub`: the history of a school, and its page."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.commands.hub_accounts import CONFIG as _CONFIG
from edge.commands.hub_accounts import accounts, tokens
from edge.errors import ConfigError, Unavailable


@click.group("hub")
def command() -> None:
    """Keep what devices publish, and show it: a history in one process.

    The hub subscribes to a broker and stores each record once, in SQLite or PostgreSQL. `serve` runs it. It has a page
    and an HTTP API at http://127.0.0.1:8350; /api/v1/openapi.json describes it. Other machines reach it once there is
    an account. Needs `pip install 'emotion-edge[hub]'`.
    """
    for name in ("alembic", "argon2", "fastapi", "sqlalchemy", "uvicorn"):
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


@command.command("export")
@_CONFIG
@click.option("--from", "since", type=click.DateTime(), required=True, help="Begin, UTC, such as 2026-11-01.")
@click.option("--to", "until", type=click.DateTime(), help="End, UTC, not included; default: now.")
@click.option("--site", default="", help="Only this site; needs --room.")
@click.option("--room", default="", help="Only this room; needs --site.")
@click.option(
    "--format", "kind", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="Of FILE."
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def export(config: Path, since: datetime, until: datetime | None, site: str, room: str, kind: str, file: Path) -> None:
    """Write the records of a time into a new FILE, or to standard output for -.

    csv has one row for each record; an empty cell is withheld or not known, never 0. jsonl has the records as they were
    published. Beside FILE, FILE.dictionary.csv says what each column means and how wrong its number may be. The hub may
    run meanwhile.
    """
    from edge.hub.database import Database
    from edge.hub.dictionary import write_dictionary
    from edge.hub.export import write_records
    from edge.hub.history import History, Room
    from edge.hub.settings import load

    if bool(site) != bool(room):
        raise click.UsageError("--site and --room belong together; give both or none")
    if str(file) != "-" and file.exists():
        raise Unavailable(file, "is there already", "name a new file")
    begin, end = (moment.replace(tzinfo=UTC).timestamp() for moment in (since, until or datetime.now(UTC)))
    database = Database(load(config))
    database.check()
    if str(file) != "-":
        write_dictionary(file.with_name(f"{file.name}.dictionary.csv"))
    records = History(database).every_record(Room(site, room) if site else None, int(begin), int(end))
    click.echo(f"{write_records(records, str(file), kind)} records", err=True)


@command.command("backup")
@_CONFIG
@click.argument("file", type=click.Path(path_type=Path))
def backup(config: Path, file: Path) -> None:
    """Write a copy of the SQLite history into a new FILE; the hub may run meanwhile.

    A history on PostgreSQL has its own tool: pg_dump.
    """
    from edge.hub.backup import backup as copy
    from edge.hub.database import Database
    from edge.hub.settings import load

    copy(Database(load(config)), file)


@command.command("restore")
@_CONFIG
@click.argument("file", type=click.Path(path_type=Path))
def restore(config: Path, file: Path) -> None:
    """Put a copy that `backup` made in the place of the SQLite history; stop the hub first.

    FILE is checked before anything is changed. The former history is kept beside the new one.
    """
    from edge.hub.backup import restore as put_back
    from edge.hub.database import Database
    from edge.hub.settings import load

    kept = put_back(Database(load(config)), file)
    click.echo(f"restored; the former history is {kept}" if kept else "restored")


command.add_command(accounts)
command.add_command(tokens)
