"""The table of marks that people set on the time axis; times are whole seconds since 1970, UTC."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text

from edge.hub.store.tables import metadata

LONGEST_TEXT = 80

marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("site", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("made", BigInteger, nullable=False),
    CheckConstraint(f"length(text) BETWEEN 1 AND {LONGEST_TEXT}", name="text_has_a_length"),
    Index(None, "site", "room", "at"),
)
"""`at` is what is marked, `by` the account that did it, `made` when."""
