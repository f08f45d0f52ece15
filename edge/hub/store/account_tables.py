"""The tables of accounts, sessions, tokens, pauses and the audit log; times are whole seconds since 1970, UTC."""

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from edge.hub.store.tables import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("devices", JSON, nullable=False),
    Column("password", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("issuer", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    CheckConstraint("role IN ('teacher', 'head', 'admin')", name="role_is_known"),
)
"""People. `devices` is a list of ids; `password` is a hash by argon2, empty where `issuer` is an OpenID provider."""
_of_provider = accounts.c.issuer != ""
Index(
    "accounts_issuer",
    accounts.c.issuer,
    accounts.c.subject,
    unique=True,
    sqlite_where=_of_provider,
    postgresql_where=_of_provider,
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret", Text, primary_key=True),
    Column("account_id", Integer, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
)
"""Who is logged in. `secret` is the SHA-256 of what the cookie holds."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("site", Text, nullable=False),
    Column("devices", JSON, nullable=False),
    Column("secret", Text, nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
)
"""Wall screens. An empty list of `devices` means the whole site; `secret` is the SHA-256 of the token."""

pauses = Table(
    "pauses",
    metadata,
    Column("site", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
)
"""The latest order to each device. Where `until` has come, the hub resumes the device."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Index(None, "time"),
)
"""Who did what. Failed logins of a day to the same account are one row, with their number in `times`."""
