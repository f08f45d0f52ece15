"""Accounts of people and tokens of wall screens: added, listed and removed."""

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from edge.errors import UnusableInput
from edge.hub.errors import SignInRefused, UnknownName
from edge.hub.openid_settings import Grant
from edge.hub.people import passwords
from edge.hub.people.audit import Audit, Entry
from edge.hub.people.openid import Identity
from edge.hub.role import Role
from edge.hub.store.account_tables import accounts, sessions, tokens
from edge.hub.store.database import Database
from edge.hub.store.tables import devices

_NAME = re.compile(r"\w[\w.@+-]{0,63}")
_MOST = 1000
"""Accounts, and tokens."""
TOKEN_PREFIX = "eet_"  # noqa: S105 - by which people and scanners know a token


def secret_hash(secret: str) -> str:
    """Return what is stored of a session or token. These are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Accounts:
    """For any thread; every method raises `EdgeError` where the database cannot be used now."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now
        self._audit = Audit(database, now)

    def exist(self) -> bool:
        """Return whether there is any account."""
        return bool(self._rows(select(accounts.c.id).limit(1)))

    def find(self, name: str) -> Row[Any] | None:
        """Return the row of an account; None where there is none."""
        rows = self._rows(select(accounts).where(accounts.c.name == account_key(name)))
        return rows[0] if rows else None

    def all(self) -> list[Row[Any]]:
        """Return the rows of all accounts, by name."""
        return self._rows(select(accounts).order_by(accounts.c.name))

    def all_tokens(self) -> list[Row[Any]]:
        """Return the rows of all tokens, by name."""
        return self._rows(select(tokens).order_by(tokens.c.name))

    def add(self, name: str, role: Role, place: tuple[str, list[str]], password: str, actor: str) -> None:
        """Add an account; `place` is its site and its devices, as `place_of` returns it.

        Raises:
            UnusableInput: name or password cannot be used, or there is such an account.

        """
        key = _checked(name)
        passwords.check(password, key)
        site, names = place
        row = {"name": key, "role": role, "site": site, "devices": names, "password": passwords.hash_of(password)}
        entry = Entry(actor, "account added", key, site, ", ".join([role, *names]))
        self._insert(accounts, row, entry)

    def add_token(self, name: str, place: tuple[str, list[str]], actor: str) -> str:
        """Add a token and return it; only its hash is stored.

        Raises:
            UnusableInput: the name cannot be used, or there is such a token.

        """
        key = _checked(name)
        site, names = place
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = {"name": key, "site": site, "devices": names, "secret": secret_hash(token)}
        self._insert(tokens, row, Entry(actor, "token added", key, site, ", ".join(names)))
        return token

    def remove(self, name: str, actor: str) -> None:
        """Remove an account and end its sessions; raise `UnknownName` where there is none."""
        self._remove(accounts, name, Entry(actor, "account removed", account_key(name)))

    def remove_token(self, name: str, actor: str) -> None:
        """Remove a token; raise `UnknownName` where there is none."""
        self._remove(tokens, name, Entry(actor, "token removed", account_key(name)))

    def sign_in(self, identity: Identity, grant: Grant) -> int:
        """Make the account of somebody who has signed in at the provider, or bring its rights up to date.

        Returns:
            Its number.

        Raises:
            UnusableInput: the name cannot be used.
            SignInRefused: another account has that name.

        """
        key = _checked(identity.name)
        row = {"name": key, "role": grant.role, "site": grant.site, "devices": list(grant.devices)}
        whose = {"issuer": identity.issuer, "subject": identity.subject}
        detail = ", ".join([grant.role, *grant.devices])
        with self._database.begin() as connection:
            mine = (accounts.c.issuer == identity.issuer, accounts.c.subject == identity.subject)
            known = connection.execute(select(accounts).where(*mine)).one_or_none()
            if known is None and (connection.scalar(select(func.count()).select_from(accounts)) or 0) >= _MOST:
                raise UnusableInput(f"the account {key}", f"would be one more than {_MOST}", "remove some")
            try:
                with connection.begin_nested():
                    if known is None:
                        made = row | whose | {"password": "", "created": int(self._now())}
                        number = connection.execute(insert(accounts).values(made).returning(accounts.c.id)).scalar_one()
                        self._audit.add(connection, Entry("provider", "account added", key, grant.site, detail))
                        return int(number)
                    if any(getattr(known, name) != value for name, value in row.items()):
                        connection.execute(update(accounts).where(*mine).values(row))
                        self._audit.add(connection, Entry("provider", "account changed", key, grant.site, detail))
            except IntegrityError:
                problem = "is that of another account here"
                raise SignInRefused(
                    f"the name {key}", problem, f"remove it: emotion-edge hub accounts remove {key}"
                ) from None
            return int(known.id)

    def set_password(self, name: str, password: str, actor: str, keep: str = "") -> None:
        """Change a password and end all sessions of the account but the one whose hash is `keep`.

        Raises:
            UnusableInput: the password is too weak, or there is no such account.

        """
        passwords.check(password, account_key(name))
        stored = passwords.hash_of(password)
        with self._database.begin() as connection:
            row = _one(connection, accounts, name)
            if row.issuer:
                problem = "signs in at the OpenID provider, and has no password here"
                raise UnusableInput(f"the account {row.name}", problem, "change it there")
            connection.execute(update(accounts).where(accounts.c.id == row.id).values(password=stored))
            others = (sessions.c.account_id == row.id, sessions.c.secret != keep)
            connection.execute(delete(sessions).where(*others))
            self._audit.add(connection, Entry(actor, "password changed", row.name, row.site))

    def renew_hash(self, account_id: int, password: str) -> None:
        """Hash a password again, with the parameters of today."""
        stored = passwords.hash_of(password)
        with self._database.begin() as connection:
            connection.execute(update(accounts).where(accounts.c.id == account_id).values(password=stored))

    def place_of(self, site: str, names: list[str]) -> tuple[str, list[str]]:
        """Return site and devices; where no site is named, that of the devices, if they have published already.

        Raises:
            UnusableInput: the site is not known, or not the same for all.

        """
        if site or not names:
            return site, names
        rows = self._rows(select(devices).where(devices.c.device.in_(names)))
        found = {row.site for row in rows}
        if {row.device for row in rows} != set(names) or len(found) != 1:
            problem = "have no site, as not all have published yet" if len(found) < 2 else "are of more than one site"  # noqa: PLR2004
            raise UnusableInput(f"the devices {', '.join(names)}", problem, "name it: --site SITE")
        return found.pop(), names

    def _insert(self, table: Table, row: dict[str, Any], entry: Entry) -> None:
        what = _WORDS[table.name]
        with self._database.begin() as connection:
            if (connection.scalar(select(func.count()).select_from(table)) or 0) >= _MOST:
                raise UnusableInput(f"the {what} {entry.subject}", f"would be one more than {_MOST}", "remove some")
            try:
                with connection.begin_nested():
                    connection.execute(insert(table).values(row | {"created": int(self._now())}))
            except IntegrityError:
                problem, remedy = "is there already", "choose another name, or remove it first"
                raise UnknownName(f"the {what} {entry.subject}", problem, remedy) from None
            self._audit.add(connection, entry)

    def _remove(self, table: Table, name: str, entry: Entry) -> None:
        with self._database.begin() as connection:
            row = _one(connection, table, name)
            if table is accounts:
                connection.execute(delete(sessions).where(sessions.c.account_id == row.id))
            connection.execute(delete(table).where(table.c.id == row.id))
            self._audit.add(connection, entry._replace(site=row.site))

    def _rows(self, query: Any) -> list[Row[Any]]:  # noqa: ANN401 - a statement
        with self._database.read() as connection:
            return list(connection.execute(query).all())


_WORDS = {"accounts": "account", "tokens": "token"}


def _one(connection: Connection, table: Table, name: str) -> Row[Any]:
    row = connection.execute(select(table).where(table.c.name == account_key(name))).one_or_none()
    if row is None:
        what = _WORDS[table.name]
        remedy = f"`emotion-edge hub {what}s list` shows all"
        raise UnknownName(f"the {what} {account_key(name)[:64]}", "is not there", remedy)
    return row


def account_key(name: str) -> str:
    """Return a name as it is stored: upper and lower case are the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def _checked(name: str) -> str:
    key = account_key(name)
    if _NAME.fullmatch(key) is None:
        problem = "has other characters than letters, digits and . @ + - _, or more than 64"
        raise UnusableInput(f"the name {name[:64]!r}", problem, "choose another, such as anna.weber")
    return key
