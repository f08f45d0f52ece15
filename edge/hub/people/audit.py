"""The audit log: who paused, who changed accounts, and how many logins failed."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from edge.hub.store.account_tables import audit
from edge.hub.store.database import Database
from edge.system.clock import iso

_MOST_ROWS = 100_000
"""The oldest are deleted first, also where everything else is kept for ever."""
_DAY = 86_400
UNKNOWN = "(no such account)"


class Entry(NamedTuple):
    """Something that was done.

    Attributes:
        actor: who did it.
        action: what was done.
        subject: to which account, token or device.
        site: of the subject; empty where it belongs to none.
        detail: more about it.

    """

    actor: str
    action: str
    subject: str
    site: str = ""
    detail: str = ""


class Audit:
    """For any thread; every method raises `EdgeError` where the database cannot be used now."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    def add(self, connection: Connection, entry: Entry) -> int:
        """Write an entry within a transaction; return its number."""
        row = {**entry._asdict(), "time": int(self._now()), "times": 1}
        return int(connection.execute(insert(audit).values(row).returning(audit.c.id)).scalar_one())

    def note(self, entry: Entry) -> None:
        """Write an entry of something that changes nothing else in the database."""
        with self._database.begin() as connection:
            self.add(connection, entry)

    def complete(self, number: int, detail: str) -> None:
        """Add to an entry what came of it."""
        with self._database.begin() as connection:
            connection.execute(update(audit).where(audit.c.id == number).values(detail=detail))

    def count_failure(self, account: str | None, site: str) -> None:
        """Count a failed login; None: there is no such account. Names that were guessed are not kept."""
        subject, now = account or UNKNOWN, int(self._now())
        with self._database.begin() as connection:
            today = (
                audit.c.time >= now - now % _DAY,
                audit.c.action == "login failed",
                audit.c.subject == subject,
                audit.c.site == site,
            )
            again = update(audit).where(*today).values(times=audit.c.times + 1)
            if not connection.execute(again).rowcount:
                self.add(connection, Entry("", "login failed", subject, site))

    def entries(self, site: str | None, since: int, until: int, limit: int) -> list[dict[str, Any]]:
        """Return entries of `[since, until)`, newest first; of one site, or of all for None."""
        query = select(audit).where(audit.c.time >= since, audit.c.time < until)
        if site is not None:
            query = query.where(audit.c.site == site)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(audit.c.time.desc(), audit.c.id.desc()).limit(limit)).all()
        names = ("actor", "action", "subject", "site", "detail", "times")
        return [{"time": iso(row.time)} | {name: getattr(row, name) for name in names} for row in rows]

    def prune(self, keep_seconds: float) -> None:
        """Delete what is older, 0: nothing, and what is more than there may be."""
        with self._database.begin() as connection:
            if keep_seconds:
                connection.execute(delete(audit).where(audit.c.time < int(self._now() - keep_seconds)))
            newest = connection.scalar(select(func.max(audit.c.id))) or 0
            connection.execute(delete(audit).where(audit.c.id <= newest - _MOST_ROWS))
