"""Alerts that receivers know."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "accounts"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "told_alerts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "site", "subject", name=op.f("told_alerts_pkey")),
    )
