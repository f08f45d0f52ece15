"""Takes over the records of a PostgreSQL with the tables that release 0.2.0 had before there was a hub.

Page by page in the order of `(device, boot, seq)`. After each page the hub's database notes how far it came, so an
import that ended goes on there. A record that the hub has already changes nothing.
"""

import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, NullPool, create_engine, inspect, make_url, select, text
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from edge.contract.reading import Place
from edge.contract.records import EMOTIONS, PrivacyNote, PublishedRecord
from edge.errors import ConfigError, Unavailable, UnusableInput
from edge.hub.store.database import PATIENCE, Database
from edge.hub.store.tables import SCHEMA, imports
from edge.hub.store.writer import Message, Store, insert_into
from edge.system.clock import iso

_PAGE = 2000
_NOT_OF_CONTRACT = "not of the contract"
_COUNT = "SELECT count(*) FROM records WHERE (device, boot, seq) > (:device, :boot, :seq)"
_READ = (
    "SELECT * FROM records WHERE (device, boot, seq) > (:device, :boot, :seq) ORDER BY device, boot, seq LIMIT :page"
)
_BEGIN: dict[str, Any] = {"device": "", "boot": "", "seq": -1}


class Imported(NamedTuple):
    """What became of the records that were read.

    Attributes:
        new: those that the hub did not have.
        repeated: those that it had already.
        refused: those that were left out, by reason.

    """

    new: int
    repeated: int
    refused: Counter[str]


class Importer:
    """Reads from one database, writes into the hub's; the hub must not run."""

    def __init__(self, database: Database, max_devices: int, source: str, privacy: PrivacyNote) -> None:
        """Prepare.

        Args:
            database: the hub's, with its tables up to date.
            max_devices: records of more devices are refused.
            source: address of PostgreSQL, without a password.
            privacy: what the devices withheld; the source does not know it.

        Raises:
            ConfigError: the library for PostgreSQL is missing.

        """
        if importlib.util.find_spec("psycopg") is None:
            remedy = "pip install 'emotion-edge[postgresql]'"
            raise ConfigError("emotion-edge hub import", "needs psycopg, which is not installed", remedy)
        self._database = database
        self._store = Store(database, max_devices)
        self._privacy = privacy.model_dump()
        url = make_url(source).set(drivername="postgresql+psycopg")
        self._place = url.render_as_string(hide_password=True)
        options = f"-c search_path={SCHEMA} -c default_transaction_read_only=on -c TimeZone=UTC"
        self._engine = create_engine(url, connect_args={"options": options, **PATIENCE}, poolclass=NullPool)

    def count(self) -> int:
        """Return how many records are to be read.

        Raises:
            UnusableInput: the source has no such table.
            Unavailable: it cannot be read now.

        """
        with self._reading() as connection:
            tables = inspect(connection).get_table_names(SCHEMA)
            if "alembic_version" in tables:
                raise UnusableInput(self._place, "is the history of a hub already", "set store.url to it")
            if "records" not in tables:
                problem = f"has no table {SCHEMA}.records"
                raise UnusableInput(self._place, problem, "name the database in which release 0.2.0 stored records")
            return int(connection.scalar(text(_COUNT), self._mark()) or 0)

    def run(self, on_page: Callable[[int], object]) -> Imported:
        """Import what is left; after that, another run begins anew.

        Args:
            on_page: is called after each page with the number of its records.

        Raises:
            Unavailable: one of both databases cannot be used now; another run goes on there.

        """
        new = repeated = 0
        refused: Counter[str] = Counter()
        mark = self._mark()
        while True:
            with self._reading() as connection:
                rows = connection.execute(text(_READ), mark | {"page": _PAGE}).mappings().all()
            messages, broken = self._read(rows)
            written = self._store.write(messages, {})
            new += len(written.new)
            repeated += len(messages) - len(written.new) - written.refused.total()
            refused += written.refused + Counter({_NOT_OF_CONTRACT: broken})
            if len(rows) < _PAGE:
                self._note(None)
                on_page(len(rows))
                return Imported(new, repeated, refused)
            mark = {name: rows[-1][name] for name in _BEGIN}
            self._note(mark)
            on_page(len(rows))

    def _read(self, rows: Sequence[RowMapping]) -> tuple[list[tuple[Place, Message]], int]:
        """Return the records of rows, and how many rows are none."""
        messages: list[tuple[Place, Message]] = []
        broken = 0
        for row in rows:
            try:
                messages.append((Place(row["site"], row["device"]), _record(row, self._privacy)))
            except ValidationError:
                broken += 1
        return messages, broken

    def _mark(self) -> dict[str, Any]:
        """Return the key of the last record that an import took over which has not ended."""
        with self._database.read() as connection:
            found = connection.execute(select(imports).where(imports.c.source == self._place)).mappings().one_or_none()
        return dict(_BEGIN) if found is None else {name: found[name] for name in _BEGIN}

    def _note(self, mark: dict[str, Any] | None) -> None:
        """Note how far the import came; None: it is complete."""
        with self._database.begin() as connection:
            if mark is None:
                connection.execute(imports.delete().where(imports.c.source == self._place))
            else:
                statement = insert_into(connection, imports).values(source=self._place, **mark)
                connection.execute(statement.on_conflict_do_update(index_elements=["source"], set_=mark))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0][:200]
            remedy = "check address, user and the password in the file that PGPASSFILE names; then run it again"
            raise Unavailable(self._place, f"cannot be read ({reason})", remedy) from error


def _record(row: RowMapping, privacy: dict[str, Any]) -> PublishedRecord:
    """Return a row as it was published.

    Raises:
        ValidationError: no device published it.

    """
    names = ("device", "site", "room", "boot", "seq", "clock", "mode", "suppressed", "model", "replayed")
    return PublishedRecord.model_validate(
        {name: row[name] for name in names}
        | {
            "schema": 1,
            "start": iso(int(row["started"].timestamp())),
            "end": iso(int(row["ended"].timestamp())),
            "frames": {"analysed": row["frames_analysed"], "expected": row["frames_expected"]},
            "faces": {"mean": _people(row["people"]), "max": row["most"]},
            "emotions": {name: _people(row[name]) for name in EMOTIONS},
            "observations": dict.fromkeys((*EMOTIONS, "unsure")),
            "unsure": _people(row["unsure"]),
            "other": _people(row["other"]),
            # A table of an early release has no such column.
            "emotions_error": _people(row.get("emotions_error")),
            "privacy": privacy,
        }
    )


def _people(value: Any) -> float | None:  # noqa: ANN401 - a Decimal
    return None if value is None else float(value)
