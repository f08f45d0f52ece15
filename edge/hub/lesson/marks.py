"""Marks of people on the time axis of a room, such as "group work starts"."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.engine import Row

from edge.hub.people.audit import Audit, Entry
from edge.hub.store.database import Database
from edge.hub.store.history import Room
from edge.hub.store.lesson_tables import marks
from edge.hub.store.writer import newest
from edge.system.clock import iso

MOST_OF_A_DAY = 200
"""Marks of a room in 24 hours."""
_MOST_SHOWN = 31 * MOST_OF_A_DAY
_DAY = 86_400


class Mark(NamedTuple):
    """A mark.

    Attributes:
        number: its id.
        at: what is marked, seconds since 1970.
        text: one line, as it was written: show it as text.
        by: account that set it.
        made: when, seconds since 1970.

    """

    number: int
    at: int
    text: str
    by: str
    made: int

    def described(self) -> dict[str, Any]:
        """Return the mark as the API says it."""
        times = {"at": iso(self.at), "made": iso(self.made)}
        return {"id": self.number, "text": self.text, "by": self.by} | times


class Marks:
    """For any thread; every method raises `EdgeError` where the database cannot be used now."""

    def __init__(self, database: Database, audit: Audit, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def of(self, room: Room, since: int, until: int) -> list[Mark]:
        """Return the marks between two times, oldest first, also those of the very times: a lesson has both ends."""
        query = select(marks).where(*_in(room), marks.c.at >= since, marks.c.at <= until)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(marks.c.at, marks.c.id).limit(_MOST_SHOWN)).all()
        return [_mark(row) for row in rows]

    def add(self, room: Room, at: int, text: str, by: str) -> Mark | None:
        """Set a mark; None: there are `MOST_OF_A_DAY` on that day already."""
        day = at - at % _DAY
        around = *_in(room), marks.c.at >= day, marks.c.at < day + _DAY
        row = {"site": room.site, "room": room.name, "at": at, "text": text, "by": by, "made": int(self._now())}
        with self._database.begin() as connection:
            if (connection.scalar(select(func.count()).select_from(marks).where(*around)) or 0) >= MOST_OF_A_DAY:
                return None
            made = connection.execute(insert(marks).values(row).returning(marks)).one()
            self._log(connection, "mark set", room, _mark(made), by)
        return _mark(made)

    def find(self, room: Room, number: int) -> Mark | None:
        """Return a mark of a room; None: there is none of that number."""
        query = select(marks).where(*_in(room), marks.c.id == number)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _mark(row)

    def remove(self, room: Room, mark: Mark, actor: str) -> None:
        """Delete a mark."""
        with self._database.begin() as connection:
            gone = connection.execute(delete(marks).where(*_in(room), marks.c.id == mark.number))
            if gone.rowcount:
                self._log(connection, "mark deleted", room, mark, actor)

    def prune(self, keep_seconds: float) -> None:
        """Delete marks of times that are older, 0: none. A clock that is ahead deletes nothing, as in `Store.prune`."""
        if keep_seconds:
            with self._database.begin() as connection:
                before = min(self._now(), newest(connection)) - keep_seconds
                connection.execute(delete(marks).where(marks.c.at < int(before)))

    def _log(self, connection: Connection, action: str, room: Room, mark: Mark, actor: str) -> None:
        # Without the text, which may be deleted, and then has to be gone.
        detail = f"at {iso(mark.at)}" + (f", of {mark.by}" if mark.by != actor else "")
        self._audit.add(connection, Entry(actor, action, room.name, room.site, detail))


def _in(room: Room) -> tuple[Any, Any]:
    return marks.c.site == room.site, marks.c.room == room.name


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.id, row.at, row.text, row.by, row.made)
