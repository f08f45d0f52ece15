"""Marks on the time axis."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 80", name=op.f("marks_text_has_a_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("marks_pkey")),
    )
    op.create_index(op.f("marks_site_room_at"), "marks", ["site", "room", "at"])
