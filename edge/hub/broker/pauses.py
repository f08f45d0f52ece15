"""Pause orders of people: who, since when, until when. The hub resumes a device where its time has come."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.engine import Row

from edge.contract.reading import Place
from edge.errors import EdgeError
from edge.hub.broker.switch import OutcomeUnknown, Switch
from edge.hub.errors import HubBusy, PausesNotConfigured
from edge.hub.people.audit import Audit, Entry
from edge.hub.store.account_tables import pauses
from edge.hub.store.database import Database
from edge.system.clock import iso
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

_WAIT_SECONDS = 15.0
_AGAIN_SECONDS = 30.0
_AT_ONCE = 20


class Pauses:
    """For any thread."""

    def __init__(
        self, database: Database, audit: Audit, switch: Switch | None, now: Callable[[], float] = time.time
    ) -> None:
        """Prepare; `switch` is None where no login for commands is configured."""
        self._database = database
        self._audit = audit
        self._switch = switch
        self._now = now
        self._one_at_a_time = threading.Lock()
        self._failures = OnceLogger(log)
        self._again_at: dict[Place, float] = {}

    @property
    def are_configured(self) -> bool:
        """Whether the hub has a login for commands; without it no order can be sent."""
        return self._switch is not None

    def places(self, device: str) -> set[Place]:
        """Return the devices of that name which can be paused, one for each site; also such as have no record yet."""
        return set() if self._switch is None else self._switch.places(device)

    def order(self, place: Place, actor: str, *, paused: bool, until: datetime | None) -> dict[str, Any]:
        """Pause or resume a device; return what is known of it.

        Raises:
            PausesNotConfigured: the hub has no login for commands.
            NobodyListens: the device is not connected.
            EdgeError: broker or database do not take the order now.

        """
        row = {"paused": paused, "by": actor, "since": int(self._now()), "until": until and int(until.timestamp())}
        self._send(place, row)
        return _said(place, row)

    def state(self, place: Place) -> dict[str, Any]:
        """Return whether a device is paused, and by which order; `paused` is null where the hub does not know it."""
        with self._database.read() as connection:
            row = _row(connection, place)
        paused = None if self._switch is None else self._switch.paused(place)
        over = paused is False or (self._switch is not None and self._switch.over(place))
        order = {} if row is None or not row.paused or over else row._asdict()
        return _said(place, order | {"paused": paused})

    def end_due(self) -> None:
        """Resume devices whose pause was to end by now; where one does not listen, try again later."""
        if self._switch is None:
            return
        now = int(self._now())
        due = select(pauses).where(pauses.c.paused, pauses.c.until <= now).order_by(pauses.c.until)
        with self._database.read() as connection:
            places = [Place(row.site, row.device) for row in connection.execute(due)]
        self._again_at = {place: when for place, when in self._again_at.items() if when > time.monotonic()}
        # Those that do not listen, as for ever where a device was taken away, must not keep the others waiting.
        if not places:
            self._failures.forget()
        for place in [place for place in places if place not in self._again_at][:_AT_ONCE]:
            try:
                self._end(self._switch, place, now)
            except EdgeError as error:
                self._again_at[place] = time.monotonic() + _AGAIN_SECONDS
                self._failures.warning(error.facts, "%s; trying again", str(error))

    def _end(self, switch: Switch, place: Place, now: int) -> None:
        """Send first, then write: an order that is sent twice changes nothing, one that is never sent ends no pause."""
        with self._alone():
            with self._database.read() as connection:
                row = _row(connection, place)
            if row is None or not row.paused or row.until is None or row.until > now:
                return  # somebody has given another order meanwhile
            resumed = switch.over(place)  # by others; who has paused it since then decides
            if not resumed:
                switch.send(place, paused=False)
            with self._database.begin() as connection:
                _replace(connection, place, {"paused": False, "by": row.by, "since": now, "until": None})
                if not resumed:
                    detail = f"the pause of {row.by} ended"
                    self._audit.add(connection, Entry("hub", "resumed", place.device, place.site, detail))

    def _send(self, place: Place, row: dict[str, Any]) -> None:
        """Write an order down, then send it: a pause that was sent must not lack its end. Take it back if it fails."""
        if self._switch is None:
            raise PausesNotConfigured("the hub", "has no broker login that may pause", "set {}", "commands.username")
        with self._alone():
            with self._database.begin() as connection:
                before = _row(connection, place)
                _replace(connection, place, row)
                number = self._audit.add(connection, _entry(place, row))
            try:
                self._switch.send(place, paused=row["paused"])
            except OutcomeUnknown as error:  # the end of a pause that may have begun, or may go on, must stay
                if not row["paused"]:
                    self._put_back(place, before)
                self._audit.complete(number, f"perhaps: the broker {error.problem}")
                raise
            except EdgeError as error:
                self._put_back(place, before)
                self._audit.complete(number, f"failed: {error.problem}")
                raise

    def _put_back(self, place: Place, before: Row[Any] | None) -> None:
        with self._database.begin() as connection:
            _replace(connection, place, None if before is None else before._asdict())

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._one_at_a_time.acquire(timeout=_WAIT_SECONDS):
            raise HubBusy("the hub", "has too many orders that wait", "try again in a minute")
        try:
            yield
        finally:
            self._one_at_a_time.release()


def _row(connection: Connection, place: Place) -> Row[Any] | None:
    columns: Any = (pauses.c.paused, pauses.c.by, pauses.c.since, pauses.c.until)
    return connection.execute(select(*columns).where(*_is(place))).one_or_none()


def _is(place: Place) -> tuple[Any, Any]:
    return pauses.c.site == place.site, pauses.c.device == place.device


def _replace(connection: Connection, place: Place, row: dict[str, Any] | None) -> None:
    connection.execute(delete(pauses).where(*_is(place)))
    if row is not None:
        connection.execute(pauses.insert().values(**place._asdict(), **row))


def _entry(place: Place, row: dict[str, Any]) -> Entry:
    detail = f"until {iso(row['until'])}" if row["until"] else ""
    return Entry(row["by"], "paused" if row["paused"] else "resumed", place.device, place.site, detail)


def _said(place: Place, row: dict[str, Any]) -> dict[str, Any]:
    since, until = row.get("since"), row.get("until")
    return {
        **place._asdict(),
        "paused": row["paused"],
        "by": row.get("by"),
        "since": since and iso(since),
        "until": until and iso(until),
    }
