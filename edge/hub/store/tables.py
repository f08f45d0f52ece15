"""The tables of the history, on SQLite and PostgreSQL alike; the migrations beside this file make them.

Times are whole seconds since 1970, UTC. People are tenths, as whole numbers. NULL means withheld or not observed.
"""

from typing import get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect

from edge.contract.records import EMOTIONS, Suppression

SCHEMA = "emotion_edge"
"""Of PostgreSQL; SQLite has none."""
PEOPLE = ("people", *EMOTIONS, "unsure", "other", "emotions_error")
"""Columns of averages; `emotions_error` is the number of `people` who may stand under a wrong emotion."""
WITHHELD: tuple[str, ...] = get_args(Suppression)
SUMS = ("seconds", "most", *PEOPLE, *(f"seconds_{name}" for name in PEOPLE), *WITHHELD)
"""Columns of `hours`; `seconds_people` is the length of the records that have a number of people."""
_LARGEST_SEQ = 2**53
_LARGEST_TALLY = 100_000_000
_FIRST, _LAST = 946_684_800, 7_258_118_400
"""The years 2000 to 2199."""
_DAY = 86_400


class Tenths(TypeDecorator[float]):
    """A number of people with one decimal, stored as a whole number of tenths."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> int | None:
        """Return what is stored."""
        del dialect
        return None if value is None else round(value * 10)

    def process_result_value(self, value: int | None, dialect: Dialect) -> float | None:
        """Return the number of people."""
        del dialect
        return None if value is None else value / 10


metadata = MetaData(
    naming_convention={
        "ck": "%(table_name)s_%(constraint_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s",
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "fk": "%(table_name)s_%(column_0_name)s",
        "pk": "%(table_name)s_pkey",
    }
)


def _between(low: int, high: int, *names: str) -> CheckConstraint:
    text = " AND ".join(f"{name} BETWEEN {low} AND {high}" for name in names)
    return CheckConstraint(text, name=f"{names[0]}_in_range")


def _short(*names: str) -> CheckConstraint:
    text = " AND ".join(f"length({name}) BETWEEN 1 AND 64" for name in names)
    return CheckConstraint(text, name=f"{names[0]}_has_a_length")


devices = Table(
    "devices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("device", Text, nullable=False),
    UniqueConstraint("site", "device"),
    _short("site", "device"),
)
"""The site is that of the topic: two sites may give two devices the same name."""

boots = Table(
    "boots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", Integer, ForeignKey("devices.id"), nullable=False),
    Column("boot", Text, nullable=False),
    UniqueConstraint("device_id", "boot"),
    CheckConstraint("length(boot) = 8", name="boot_has_a_length"),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("min_group", SmallInteger, nullable=False),
    Column("max_share", Float, nullable=False),
    Column("min_cell", Float, nullable=False),
    Column("made_by", Integer, index=True),
    UniqueConstraint("site", "room", "mode", "model", "min_group", "max_share", "min_cell"),
    _short("site", "room"),
    CheckConstraint("mode IN ('emotions', 'presence') AND length(model) <= 100", name="mode_is_known"),
)
"""What seldom changes from record to record. `made_by` is the device that needed it first; it bounds their number."""

intervals = Table(
    "intervals",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("ended", BigInteger, primary_key=True, autoincrement=False),
    Column("boot_id", Integer, ForeignKey("boots.id"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", Integer, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("replayed", Boolean, nullable=False),
    Column("frames_analysed", Integer, nullable=False),
    Column("frames_expected", Integer, nullable=False),
    Column("most", SmallInteger),
    *(Column(name, Tenths) for name in PEOPLE),
    Column("suppressed", Text),
    Column("observations", Text),
    Column("practice", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("boot_id", "seq"),
    _between(0, _LARGEST_SEQ, "seq"),
    _between(_FIRST, _LAST, "ended"),
    _between(1, _DAY, "seconds"),
    _between(0, _LARGEST_TALLY, "frames_analysed", "frames_expected"),
    _between(0, 1000, "most"),
    _between(0, 10_000, *PEOPLE),
    CheckConstraint("emotions_error IS NULL OR people IS NOT NULL", name="no_error_of_what_is_withheld"),
    CheckConstraint(
        "suppressed IS NULL OR suppressed IN ('above_max_share', 'below_min_cell') OR"
        f" coalesce(most, {', '.join(PEOPLE)}) IS NULL",
        name="nothing_of_what_is_withheld",
    ),
    sqlite_with_rowid=False,
)
"""One row for each record, in the order of room and time. `observations` is JSON, or NULL where there are none.

`practice`: somebody tried the device out. No average and no sum has such a record in it.
"""

hours = Table(
    "hours",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=name == "most") for name in SUMS),
    sqlite_with_rowid=False,
)
"""Sums of the records that ended within an hour, see `edge.hub.store.sums`; written with the records."""

unsummed = Table(
    "unsummed",
    metadata,
    Column("series_id", Integer, ForeignKey("series.id"), primary_key=True, autoincrement=False),
    Column("after", BigInteger, nullable=False),
)
"""Series of an earlier release, of which the records that ended after a time are not in `hours` yet."""

health = Table(
    "health",
    metadata,
    Column("device_id", Integer, ForeignKey("devices.id"), primary_key=True, autoincrement=False),
    Column("time", BigInteger, primary_key=True, autoincrement=False),
    Column("observer", Text, nullable=False),
    Column("camera", Text),
    Column("camera_error", Text),
    Column("paused_by", Text, nullable=False),
    Column("light", Text),
    Column("picture", Text),
    Column("spool", Text, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("backlog", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("refused_at_door", BigInteger, nullable=False),
    _between(_FIRST, _LAST, "time"),
    sqlite_with_rowid=False,
)
"""What explains records and gaps; the newest row of a device before a time holds at that time."""

imports = Table(
    "imports",
    metadata,
    Column("source", Text, primary_key=True),
    Column("device", Text, nullable=False),
    Column("boot", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
"""The last record of each source of which an import has not ended."""

refused = Table(
    "refused",
    metadata,
    Column("day", Date, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False),
)
"""Messages that were not stored, by day and reason."""
