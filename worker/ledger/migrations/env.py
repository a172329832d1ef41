"""Alembic's entry: runs the migrations on the connection that ``migrate`` opened.

It has no settings of its own and never connects by itself, so that a migration can only happen
under the ledger's own lock.
"""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="ledger_version",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
