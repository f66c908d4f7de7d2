"""What Alembic runs: migrations on the connection that barwatch_collector.store.migrate hands over."""

from alembic import context

from barwatch_collector.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
