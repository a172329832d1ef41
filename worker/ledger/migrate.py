"""Brings a database to the schema this version of leadtriage works with.

Only this module knows Alembic. It refuses what is not a ledger, and what a newer version wrote,
before it changes anything.
"""

from __future__ import annotations

from contextlib import closing
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from worker.errors import FixDataError
from worker.ledger.faults import NOT_A_LEDGER

VERSION_TABLE = "ledger_version"
MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 5_041_779_263
"""Any number, the same for every worker: one of them migrates at a time on PostgreSQL."""

NEWER = "The ledger was written by a newer version of leadtriage. Upgrade leadtriage; nothing was changed."


def migrate(engine: Engine) -> None:
    """Create or upgrade the schema in one transaction.

    Raises:
        FixDataError: the database is something else, or newer than this version.
    """
    script = _known_migrations()
    head = script.get_current_head()
    with engine.connect() as connection:
        current = _current(connection)
    _refuse_newer(current, script)
    if current == head:
        return
    _use_write_ahead_log(engine)
    _upgrade(engine)


def alembic_config() -> Config:
    """Say where the bundled migrations are, wherever leadtriage is installed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _known_migrations() -> ScriptDirectory:
    """Read the bundled migrations, once in a process: that takes as long as all else of an opening."""
    return ScriptDirectory.from_config(alembic_config())


def _current(connection: Connection) -> str | None:
    """Read the schema's version; None when there is no ledger yet."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
        found: str | None = connection.execute(query).scalar_one_or_none()
        return found
    if tables and connection.dialect.name == "sqlite":
        raise FixDataError(NOT_A_LEDGER)
    return None


def _refuse_newer(current: str | None, script: ScriptDirectory) -> None:
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise FixDataError(NEWER)


def _use_write_ahead_log(engine: Engine) -> None:
    """Readers and the writer no longer block each other. Kept in the file; outside a transaction."""
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode = WAL")


def _upgrade(engine: Engine) -> None:
    config = alembic_config()
    with (
        engine.connect().execution_options(leadtriage_writes=True) as connection,
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
