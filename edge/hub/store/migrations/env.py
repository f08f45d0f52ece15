"""Alembic runs this file; `edge.hub.store.database` has put the connection into the attributes of its configuration."""

from alembic import context

from edge.hub.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
