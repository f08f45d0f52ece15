"""Marks records of practice. The view `records` has the mark, too."""

import sqlalchemy as sa
from alembic import op

from edge.hub.store.migrations.versions.r0002_records_view import VIEW

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column, which is false in all records of before."""
    op.add_column("intervals", sa.Column("practice", sa.Boolean(), server_default=sa.false(), nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        view = VIEW.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1)
        op.execute(view.replace("\nFROM intervals", ", intervals.practice\nFROM intervals", 1))
