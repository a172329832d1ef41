"""Alembic migrations of the ledger. They never import the tables: a migration is history."""
