"""What can be wrong with the history's database, each with a name and a remedy."""

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from edge.errors import ConfigError, EdgeError, Unavailable, UnusableInput


class DatabaseUnavailable(Unavailable):
    """The database cannot be used now; a later attempt may succeed."""


class DatabaseLocked(DatabaseUnavailable):
    """Another program holds the database for longer than the hub waits."""


class DatabaseFull(DatabaseUnavailable):
    """The disk of the database is full."""


class DatabaseInUse(Unavailable):
    """Another hub uses this database."""


class DatabaseNewer(ConfigError):
    """The database was made by a newer release."""


class DatabaseOfOthers(ConfigError):
    """The database holds tables that are not the hub's."""


class DatabaseDamaged(ConfigError):
    """The file is damaged, or is no database."""


class CalendarUnusable(Unavailable):
    """A calendar of lessons cannot be read now, or is none; the last good copy is used."""


class HubBusy(Unavailable):
    """The hub has too much to do now; a later attempt may succeed."""


class PausesNotConfigured(Unavailable):
    """The hub has no broker login that may send pause orders."""


class ProviderUnavailable(Unavailable):
    """The OpenID provider does not answer now."""


class SignInRefused(EdgeError):
    """Somebody has signed in at the OpenID provider, and is not let in; `problem` says why."""

    def __init__(self, thing: str, problem: str, remedy: str = "sign in again, or ask the administrator") -> None:
        super().__init__(thing, problem, remedy)


class WeakPassword(UnusableInput):
    """A password that is too easy to guess; `code` says why, for a program."""

    def __init__(self, problem: str, code: str) -> None:
        super().__init__("the password", problem, "use four words that do not belong together")
        self.code = code


class UnknownName(UnusableInput):
    """There is no account or token of that name, or there is one already."""


_RESTORE = "stop the hub, keep this file for an examination, and restore a backup: emotion-edge hub restore"
_LOCKED = "is locked: something has written it for seconds"
"""The hub itself on a slow disk, or another program: it is not known which."""
_SQLITE: dict[int, tuple[type[EdgeError], str, str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseLocked, _LOCKED, "try again in a minute; if it lasts, end what else uses it"),
    sqlite3.SQLITE_LOCKED: (DatabaseLocked, _LOCKED, "try again in a minute; if it lasts, end what else uses it"),
    sqlite3.SQLITE_FULL: (DatabaseFull, "cannot grow, the disk is full", "free space, or set store.keep_days"),
    sqlite3.SQLITE_CORRUPT: (DatabaseDamaged, "is damaged", _RESTORE),
    sqlite3.SQLITE_NOTADB: (DatabaseDamaged, "is not a database", _RESTORE),
    sqlite3.SQLITE_READONLY: (DatabaseUnavailable, "cannot be written", "let the hub's user write file and folder"),
    sqlite3.SQLITE_CANTOPEN: (DatabaseUnavailable, "cannot be opened", "let the hub's user write file and folder"),
    sqlite3.SQLITE_IOERR: (DatabaseUnavailable, "cannot be read or written, the disk fails", "see dmesg, free space"),
}
"""By SQLite's primary result code; https://sqlite.org/rescode.html."""
_POSTGRESQL: dict[str, tuple[type[EdgeError], str, str]] = {
    "53100": (DatabaseFull, "cannot grow, its disk is full", "free space there, or set store.keep_days"),
    "28": (DatabaseUnavailable, "refuses this user", "check user and password of {}"),
    "3D": (DatabaseUnavailable, "has no database of that name", "make it: createdb"),
    "42501": (DatabaseUnavailable, "denies this user a right", "make the user the owner of the database"),
    "55P03": (DatabaseLocked, _LOCKED, "try again in a minute; if it lasts, end what else uses its tables"),
    "XX": (DatabaseDamaged, "is damaged", "see the log of PostgreSQL, and restore a backup"),
}
"""By PostgreSQL's SQLSTATE, or its first two letters."""


def named(error: SQLAlchemyError, place: str) -> EdgeError:
    """Return what a failure of the database `place` means for a person."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        kind = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    else:
        state = getattr(cause, "sqlstate", None) or ""
        kind = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if kind is not None:
        return kind[0](place, kind[1], kind[2], *(["store.url"] if "{}" in kind[2] else []))
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable(place, "is asked for too much at once", "ask again later, for a shorter time")
    # The first line only: the rest repeats the statement and its values.
    reason = str(cause or error).splitlines()[0][:200]
    return DatabaseUnavailable(place, f"cannot be used ({reason})", "check {}", "store.url")
