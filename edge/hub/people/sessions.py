"""Who is asking: sessions of people in the database, and tokens of wall screens."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.engine import Row

from edge.contract.reading import Place
from edge.hub.people.accounts import TOKEN_PREFIX, secret_hash
from edge.hub.people.roles import EVERYTHING, Person, Scope
from edge.hub.store.account_tables import accounts, sessions, tokens
from edge.hub.store.database import Database
from edge.hub.store.history import Room, by_time
from edge.hub.store.tables import boots, devices, intervals, series

IDLE_SECONDS = 2 * 3600
LONGEST_SECONDS = 7 * 24 * 3600
_SELDOM_SECONDS = 300
"""The last use is written so often: each time costs the SD card a write."""
_MOST_OF_ACCOUNT = 20
_BOOTS = 10
"""Starts of a device among which its latest record is searched: records of an older start may arrive last."""
_LONGEST_SECRET = 200


class Sessions:
    """For any thread; every method raises `EdgeError` where the database cannot be used now."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    def begin(self, account_id: int) -> str:
        """Return what the cookie of a new session holds."""
        secret, now = secrets.token_urlsafe(32), int(self._now())
        row = {"secret": secret_hash(secret), "account_id": account_id, "created": now, "used": now}
        with self._database.begin() as connection:
            of_account = select(sessions.c.secret).where(sessions.c.account_id == account_id)
            oldest = of_account.order_by(sessions.c.used.desc()).offset(_MOST_OF_ACCOUNT - 1).limit(1000)
            surplus = list(connection.scalars(oldest))
            connection.execute(delete(sessions).where(sessions.c.secret.in_(surplus)))
            connection.execute(insert(sessions).values(row))
        return secret

    def end(self, stored: str) -> None:
        """End a session, by its hash."""
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.secret == stored))

    def end_all(self) -> None:
        """End all sessions, as after a backup was restored."""
        with self._database.begin() as connection:
            connection.execute(delete(sessions))

    def prune(self) -> None:
        """Delete sessions that have expired."""
        with self._database.begin() as connection:
            now = int(self._now())
            old = or_(sessions.c.used < now - IDLE_SECONDS, sessions.c.created < now - LONGEST_SECONDS)
            connection.execute(delete(sessions).where(old))

    def who(self, secret: str) -> Person | None:
        """Return who has a session or a token; None where nobody has, or not any more."""
        if not 1 <= len(secret) <= _LONGEST_SECRET:
            return None
        now = int(self._now())
        with self._database.read() as connection:
            if secret.startswith(TOKEN_PREFIX):
                return _screen(connection, secret, now)
            stored = secret_hash(secret)
            joined = select(accounts, sessions.c.used).select_from(sessions.join(accounts))
            fresh = (sessions.c.used >= now - IDLE_SECONDS, sessions.c.created >= now - LONGEST_SECONDS)
            row = connection.execute(joined.where(sessions.c.secret == stored, *fresh)).one_or_none()
            if row is None:
                return None
            person = _person(connection, row, secret, stored, now)
        if row.used < now - _SELDOM_SECONDS:
            with self._database.begin() as connection:
                connection.execute(update(sessions).where(sessions.c.secret == stored).values(used=now))
        return person

    def place_of(self, device: str) -> list[Place]:
        """Return the devices of that name which have published, one for each site."""
        with self._database.read() as connection:
            sites = connection.scalars(select(devices.c.site).where(devices.c.device == device).limit(100)).all()
        return [Place(site, device) for site in sites]


def csrf_of(secret: str) -> str:
    """Return the CSRF token of a session: it follows from the cookie, which no script can read."""
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), b"csrf", hashlib.sha256)).decode().rstrip("=")


def _person(connection: Connection, row: Row[Any], secret: str, stored: str, now: int) -> Person:
    scope = EVERYTHING
    if row.role == "head":
        scope = Scope(sites=frozenset([row.site]))
    elif row.role != "admin":
        scope = _of_devices(connection, row.site, row.devices, now)
    return Person(row.name, row.role, scope, csrf_of(secret), stored)


def _screen(connection: Connection, token: str, now: int) -> Person | None:
    row = connection.execute(select(tokens).where(tokens.c.secret == secret_hash(token))).one_or_none()
    if row is None:
        return None
    whole = Scope(sites=frozenset([row.site]))
    scope = _of_devices(connection, row.site, row.devices, now) if row.devices else whole
    return Person(row.name, "screen", scope)


def _of_devices(connection: Connection, site: str, names: list[str], now: int) -> Scope:
    places = [Place(site, name) for name in names]
    rooms = (room_of(connection, place, now) for place in places)
    return Scope(devices=frozenset(places), rooms=frozenset(room for room in rooms if room is not None))


def room_of(connection: Connection, place: Place, now: int) -> Room | None:
    """Return the room of a device's latest record."""
    starts = (
        select(boots.c.id)
        .select_from(boots.join(devices))
        .where(devices.c.site == place.site, devices.c.device == place.device)
        .order_by(boots.c.id.desc())
        .limit(_BOOTS)
        .subquery()
    )
    last = select(func.max(intervals.c.seq)).where(intervals.c.boot_id == starts.c.id).scalar_subquery()
    tops = select(starts.c.id, last.label("seq")).subquery()
    top = (intervals.c.boot_id == tops.c.id) & (intervals.c.seq == tops.c.seq)
    row = connection.execute(
        select(series.c.site, series.c.room)
        .select_from(tops.join(intervals, top).join(series, intervals.c.series_id == series.c.id))
        .order_by(*(each.desc() for each in by_time(now)))
        .limit(1)
    ).one_or_none()
    return None if row is None else Room(row.site, row.room)
