"""Opens the database of the history: SQLite or PostgreSQL, one hub for each, its tables those of this release."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from edge.errors import ConfigError, Unavailable
from edge.hub.errors import DatabaseInUse, DatabaseNewer, DatabaseOfOthers, named
from edge.hub.settings import HubSettings
from edge.hub.store import account_tables as _account_tables  # noqa: F401 - they belong to the metadata, too
from edge.hub.store import alert_tables as _alert_tables  # noqa: F401
from edge.hub.store import lesson_tables as _lesson_tables  # noqa: F401 - as these
from edge.hub.store.sums import sum_up
from edge.hub.store.tables import SCHEMA, metadata

_BUSY_SECONDS = 5
"""How long a statement waits for a lock: of another program, or of another thread that writes."""
_WRITES = {"writes": True}
"""Option of a connection whose transaction writes."""
PATIENCE = {
    "connect_timeout": 10,
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Options of libpq, milliseconds and seconds: nothing waits for a server that has gone without a word."""
_LOCK_NUMBER = 0x656D6F65
"""Of PostgreSQL's advisory lock, in which all hubs have to agree: `emoe`."""
_MIGRATIONS = Path(__file__).parent / "migrations"
FILE = "history.sqlite"
SIDES = ("", "-wal", "-shm")
"""An SQLite database in WAL mode is up to three files."""


class Database:
    """The engine of the history, and where it is.

    Attributes:
        engine: of SQLAlchemy; its connections are for any thread.
        place: file or address, without a password, for messages.
        file: of SQLite; None for PostgreSQL.

    """

    def __init__(self, settings: HubSettings) -> None:
        """Prepare; nothing is opened before the first use.

        Raises:
            Unavailable: the folder cannot be made.
            ConfigError: the library for PostgreSQL is missing.

        """
        options: dict[str, Any] = {"pool_size": 5, "max_overflow": 0, "pool_timeout": 10}
        self.file: Path | None = None
        if settings.store.url:
            if importlib.util.find_spec("psycopg") is None:
                remedy = "install it: pip install 'emotion-edge[postgresql]'"
                raise ConfigError("store.url", "needs psycopg, which is not installed", remedy)
            url = make_url(settings.store.url).set(drivername="postgresql+psycopg")
            self.place = url.render_as_string(hide_password=True)
            options["pool_pre_ping"] = True
            set_up = f"-c search_path={SCHEMA} -c lock_timeout={_BUSY_SECONDS}s"
            options["connect_args"] = {"options": set_up, **PATIENCE}
        else:
            self.file = settings.directory / FILE
            self.place = str(self.file)
            _make_folder(settings.directory)
            url = make_url("sqlite://").set(database=str(self.file))
            options["connect_args"] = {"timeout": _BUSY_SECONDS}
        self.engine: Engine = create_engine(url, **options)
        if self.file is not None:
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Raise named errors for those of SQLAlchemy in the block."""
        try:
            yield
        except SQLAlchemyError as error:
            raise named(error, self.place) from error

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction that writes and ends with the block; raise named errors."""
        with self.errors(), self.engine.execution_options(**_WRITES).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Read, in one view of the data, until the block ends; raise named errors."""
        with self.errors(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only hub on this database inside the block.

        Raises:
            DatabaseInUse: another hub uses it.

        """
        with self._lock_file() if self.file is not None else self._advisory_lock():
            yield

    def size(self) -> int:
        """Return how many bytes the database takes; raise `EdgeError` where it cannot be asked now."""
        if self.file is not None:
            sides = (self.file.with_name(self.file.name + side) for side in SIDES)
            return sum(each.stat().st_size for each in sides if each.exists())
        with self.read() as connection:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)

    def free_bytes(self) -> int | None:
        """Return the free space of SQLite's disk; None for PostgreSQL, whose disk is not seen from here."""
        if self.file is None:
            return None
        try:
            return shutil.disk_usage(self.file.parent).free
        except OSError:
            return None

    def upgrade(self) -> None:
        """Make the tables, or bring those of an earlier release up to date.

        Raises:
            DatabaseNewer: a newer release made them.
            DatabaseOfOthers: there are tables of the same names that are not the hub's.
            EdgeError: the database is locked, damaged or out of reach.

        """
        if self.file is not None:
            _make_file(self.file)
        with self.begin() as connection:
            if self.file is None:
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            self._check_revision(connection)
            command.upgrade(_alembic(connection), "head")
        sum_up(self.begin, self.place)

    def check(self) -> None:
        """Raise where the tables are not there, or not those of this release; nothing is changed.

        Raises:
            ConfigError: the database is not there, or `upgrade` has not been run on it by this release.
            EdgeError: the database is locked, damaged or out of reach.

        """
        if self.file is not None and not self.file.exists():
            remedy = "check {}, or run `emotion-edge hub serve` first"
            raise ConfigError(self.place, "is not there", remedy, "store.directory")
        with self.read() as connection:
            if self._check_revision(connection) != _migrations().get_current_head():
                problem = "was made by an earlier release, or is empty"
                raise ConfigError(self.place, problem, "start `emotion-edge hub serve` once, which updates it")

    def _check_revision(self, connection: Connection) -> str | None:
        """Return the version of the tables; None where there are none."""
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is None:
            others = {*metadata.tables, "records"} & set(inspect(connection).get_table_names())
            if others:
                problem = f"has tables that are not the hub's ({', '.join(sorted(others))})"
                remedy = "use a new database: set {}; `emotion-edge hub import` takes over the records of release 0.2.0"
                raise DatabaseOfOthers(self.place, problem, remedy, "store.url")
        elif not is_known(revision):
            problem = f"was made by a newer release (version {revision})"
            new, key = ("folder", "store.directory") if self.file is not None else ("database", "store.url")
            raise DatabaseNewer(self.place, problem, f"install that release, or set {{}} to a new {new}", key)
        return revision

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[None]:
        assert self.file is not None
        try:
            lock = self.file.with_suffix(".lock")
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            give_to_owner(lock)
        except OSError as error:
            raise _unusable(self.file.parent, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise self._in_use("store.directory") from None
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        """Hold a lock of a session of PostgreSQL; where that session is lost, so is the lock."""
        with self.errors():
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if not connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK_NUMBER})")):
                connection.close()
                raise self._in_use("store.url")
        try:
            yield
        finally:
            with contextlib.suppress(SQLAlchemyError):  # the server may be gone, and the lock with it
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK_NUMBER})"))
            connection.invalidate()
            connection.close()

    def _in_use(self, key: str) -> DatabaseInUse:
        problem = "another hub uses this database"
        return DatabaseInUse(self.place, problem, "stop it, or give each hub its own: set {}", key)


def is_known(revision: str) -> bool:
    """Return whether this release has the migrations up to a version of the tables."""
    return revision in {each.revision for each in _migrations().walk_revisions()}


def _migrations() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def give_to_owner(file: Path) -> None:
    """Let a file that root made belong to whom its folder belongs: the hub's user could not open it otherwise."""
    if os.geteuid() == 0:
        owner = file.parent.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _make_file(file: Path) -> None:
    """Make an empty database, where there is none; SQLite gives the files beside it to its owner."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        give_to_owner(file)
    except OSError as error:
        raise _unusable(file.parent, error) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> Unavailable:
    problem = f"cannot be used ({error.strerror})"
    return Unavailable(folder, problem, "let this user write there, or set {}", "store.directory")


def _set_up_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    """Prepare a connection; SQLAlchemy then begins transactions itself.

    FULL: a commit is on the disk before the broker hears of it. NORMAL could take it back at a power cut.
    """
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -8192"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Lock for writing at once: who reads first, and then writes, fails without a wait if another has written since.

    https://www.sqlite.org/lang_transaction.html
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")
