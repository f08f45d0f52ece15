"""Which device was the first to need a series; of those before, nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column, and the index by which its rows are counted."""
    op.add_column("series", sa.Column("made_by", sa.Integer(), nullable=True))
    op.create_index("series_made_by", "series", ["made_by"])
