"""Sums by hour. Those of older records are computed afterwards, in steps: see `edge.hub.store.sums`."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
PEOPLE = (
    "people",
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral",
    "unsure",
    "other",
    "emotions_error",
)
WITHHELD = ("not_observed", "paused", "below_min_group", "above_max_share", "below_min_cell")
SUMS = ("seconds", "most", *PEOPLE, *(f"seconds_{name}" for name in PEOPLE), *WITHHELD)


def upgrade() -> None:
    """Make both tables, and note which series have records without sums."""
    op.create_table(
        "hours",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=name == "most") for name in SUMS),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("hours_series_id")),
        sa.PrimaryKeyConstraint("series_id", "start", name=op.f("hours_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unsummed",
        sa.Column("series_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("unsummed_series_id")),
        sa.PrimaryKeyConstraint("series_id", name=op.f("unsummed_pkey")),
    )
    op.execute("INSERT INTO unsummed (series_id, after) SELECT id, 0 FROM series")
