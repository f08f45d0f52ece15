"""`emotion-edge hub accounts` and `hub tokens`: who may read, and who may pause."""

import getpass
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("/etc/emotion-edge/hub.toml"),
    show_default=True,
    help="TOML file of the hub; see `hub default-config`.",
)
_SITE = click.option("--site", default="", help="Of a head, or of the devices; default: `site` of the configuration.")
_ROOMS = click.option("--rooms", default="", metavar="DEVICE,...", help="Devices whose rooms may be read.")


def _password(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--password-file",
        type=click.Path(path_type=Path, allow_dash=True),
        help="File that holds only the password, - for standard input; default: it is asked.",
    )(command)


@click.group("accounts")
def accounts() -> None:
    """Let people in: a teacher reads and pauses own rooms, a head reads a site, an admin does everything.

    With the first account, everyone has to log in. Run it as root or as the hub's user; the hub may run meanwhile.
    """


@accounts.command("add")
@CONFIG
@click.option("--role", type=click.Choice(["teacher", "head", "admin"]), required=True, help="What the person may do.")
@_ROOMS
@_SITE
@_password
@click.argument("name")
def add(config: Path, role: str, rooms: str, site: str, password_file: Path | None, name: str) -> None:
    """Add the account NAME. Rooms of a teacher go with their devices: where a device stands now, is the room."""
    names = _names(rooms)
    if (role == "teacher") != bool(names):
        raise click.UsageError("a teacher needs --rooms DEVICE,...; head and admin have none")
    if role == "admin" and site:
        raise click.UsageError("an admin has no --site, but all of them")
    secret = _read_password(password_file)
    settings, opened = _open(config)
    site = site or settings.site
    if role == "head" and not site:
        raise click.UsageError("a head needs --site SITE")
    place = ("", []) if role == "admin" else opened.place_of(site, names)
    opened.add(name, role, place, secret, _actor())
    click.echo(f"added; {name} may log in")


@accounts.command("list")
@CONFIG
def list_accounts(config: Path) -> None:
    """List the accounts."""
    for row in _open(config)[1].all():
        click.echo("\t".join([row.name, row.role, row.site or "-", ",".join(row.devices) or "-"]))


@accounts.command("remove")
@CONFIG
@click.argument("name")
def remove(config: Path, name: str) -> None:
    """Remove the account NAME, and log it out everywhere."""
    opened = _open(config)[1]
    opened.remove(name, _actor())
    click.echo("removed")
    if not opened.exist():
        click.echo("no account is left: everyone on this machine may read, and no other machine", err=True)


@accounts.command("password")
@CONFIG
@_password
@click.argument("name")
def password(config: Path, password_file: Path | None, name: str) -> None:
    """Change the password of NAME, and log the account out everywhere."""
    secret = _read_password(password_file)  # before this process goes on as the hub's user
    _open(config)[1].set_password(name, secret, _actor())
    click.echo("changed")


@click.group("tokens")
def tokens() -> None:
    """Let wall screens and scripts read, without a password; they change nothing.

    A script sends the token with each request: Authorization: Bearer TOKEN.
    """


@tokens.command("add")
@CONFIG
@_ROOMS
@_SITE
@click.argument("name")
def add_token(config: Path, rooms: str, site: str, name: str) -> None:
    """Add the token NAME and print it, once: only its hash is stored. Without --rooms it reads the whole site."""
    settings, opened = _open(config)
    site, names = site or settings.site, _names(rooms)
    if not site and not names:
        raise click.UsageError("a token needs --site SITE or --rooms DEVICE,...")
    click.echo(opened.add_token(name, opened.place_of(site, names), _actor()))


@tokens.command("list")
@CONFIG
def list_tokens(config: Path) -> None:
    """List the tokens, without the secrets themselves."""
    for row in _open(config)[1].all_tokens():
        click.echo("\t".join([row.name, row.site, ",".join(row.devices) or "-"]))


@tokens.command("remove")
@CONFIG
@click.argument("name")
def remove_token(config: Path, name: str) -> None:
    """Remove the token NAME; screens that use it stop at once."""
    _open(config)[1].remove_token(name, _actor())
    click.echo("removed")


def _open(config: Path) -> tuple[Any, Any]:
    """Return settings and accounts of a hub; the database is made where it is not there yet."""
    from edge.errors import ConfigError
    from edge.hub.people.accounts import Accounts
    from edge.hub.settings import load
    from edge.hub.store.database import Database

    settings = load(config)
    become_owner(settings)
    database = Database(settings)
    try:
        database.check()
    except ConfigError:  # it is not there, or of an earlier release
        with database.lock():
            database.upgrade()
    return settings, Accounts(database)


def become_owner(settings: Any) -> None:  # noqa: ANN401 - HubSettings, which --help must not import
    """Go on as the user of the hub, so that root leaves no file behind that the hub cannot write."""
    if os.geteuid() != 0 or settings.store.url or not settings.directory.exists():
        return
    owner = settings.directory.stat()
    if owner.st_uid:
        os.environ.setdefault("STATE_DIRECTORY", str(settings.directory))  # which depends on the user
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _names(rooms: str) -> list[str]:
    from edge.config import TOPIC_LEVEL
    from edge.errors import UnusableInput

    names = sorted({name.strip() for name in rooms.split(",")} - {""})
    for name in names:
        if re.match(TOPIC_LEVEL, name) is None:
            raise UnusableInput(
                f"the device {name!r}", "is no id of a device", "copy it from the page, or from a topic"
            )
    return names


def _actor() -> str:
    """Return who runs the command, for the audit log."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return f"command line ({user})"


def _read_password(file: Path | None) -> str:
    from edge.config.secret import read_password
    from edge.errors import UnusableInput

    if file is not None and str(file) != "-":
        return read_password(str(file), "--password-file")
    if file is None and sys.stdin.isatty():
        entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return entered
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise UnusableInput("the password", "is empty on standard input", "write it there, or name --password-file")
    return line
