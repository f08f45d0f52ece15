"""Accounts of an OpenID provider: by issuer and subject, without a password."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; accounts with a password have them empty."""
    for name in ("issuer", "subject"):
        op.add_column("accounts", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    of_provider = sa.text("issuer != ''")
    op.create_index(
        "accounts_issuer",
        "accounts",
        ["issuer", "subject"],
        unique=True,
        sqlite_where=of_provider,
        postgresql_where=of_provider,
    )
