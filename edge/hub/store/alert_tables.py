"""The table of the alerts that receivers know; times are whole seconds since 1970, UTC."""

from sqlalchemy import BigInteger, Column, Table, Text

from edge.hub.store.tables import metadata

told_alerts = Table(
    "told_alerts",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
)
"""What every receiver knows, so that a restart repeats nothing and the "all clear" still comes."""
