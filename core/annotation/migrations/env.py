"""Run migrations on the connection of whoever opens the store, inside its transaction."""

from alembic import context

from core.annotation.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
