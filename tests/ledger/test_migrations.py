"""The migrations build exactly the tables the repositories query."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Connection, text

from worker.ledger.engine import Ledger
from worker.ledger.migrate import alembic_config
from worker.ledger.tables import metadata

SQLITE = "SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND sql IS NOT NULL"
POSTGRESQL = (
    "SELECT table_name || '.' || column_name, data_type || is_nullable || collation_name "
    "FROM information_schema.columns WHERE table_schema = 'public' "
    "UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace"
)


@pytest.fixture
def has_tables() -> bool:
    """Every ledger begins here."""
    return False


def described(connection: Connection) -> dict[str, str]:
    """Every table, column, index and constraint, as the database spells it."""
    query = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    found = connection.execute(text(query)).all()
    return {
        name: _in_any_order(re.sub(r"\s+", " ", str(spelled)))
        for name, spelled in found
        if "ledger_version" not in name
    }


def _in_any_order(spelled: str) -> str:
    """Sort the parts of a table: SQLite adds a column behind all that stands there already."""
    if not spelled.startswith("CREATE TABLE"):
        return spelled
    head, _, rest = spelled.partition("(")
    body, _, tail = rest.rpartition(")")
    parts = re.split(r",(?![^(]*\))", body)
    return f"{head}({', '.join(sorted(part.strip() for part in parts))}){tail}"


def test_the_migrations_build_the_declared_tables(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        migrated = described(tx.connection)
        metadata.drop_all(tx.connection)
        assert described(tx.connection) == {}
        metadata.create_all(tx.connection)
        assert described(tx.connection) == migrated


def test_going_back_before_the_first_schema_is_refused(ledger: Ledger) -> None:
    config = alembic_config()
    with ledger.begin() as tx:
        config.attributes["connection"] = tx.connection
        with pytest.raises(RuntimeError, match="Restore a backup instead"):
            command.downgrade(config, "base")


def test_opening_twice_changes_nothing(opened: Callable[..., Ledger]) -> None:
    with opened().read() as tx:
        before = described(tx.connection)
    with opened().read() as tx:
        assert described(tx.connection) == before
