"""Opens the ledger and hands out its transactions.

SQLite by default, PostgreSQL by URL. This is the only module that knows how either is set up;
the repositories see a ``Transaction`` and nothing below it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool
from sqlalchemy.util import LRUCache

from worker.errors import FixAccessError, FixConfigurationError
from worker.ledger.codec import PLAIN, Codec
from worker.ledger.faults import NOT_WRITABLE, translated
from worker.ledger.migrate import migrate
from worker.ledger.seal import blind_with, has_seal, unseal
from worker.ledger.transaction import Transaction

Blind: TypeAlias = Callable[[str], str]

BAD_URL = (
    "The ledger's URL is not usable. Use sqlite:///path/to/file or postgresql://user@host/database."
)
NO_DRIVER = "PostgreSQL needs the package psycopg. Install leadtriage with the extra postgresql."
STATEMENTS_REMEMBERED = 500
"""As many as SQLAlchemy remembers for one engine."""
WRITES = "leadtriage_writes"
"""Execution option that marks a connection whose transaction is going to write."""

SQLITE_PRAGMAS = (
    # FULL, not NORMAL: after a power cut NORMAL may forget the last commits, and a forgotten
    # `sending` mark would send a write to the CRM twice.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32768",  # KiB per connection
)


class Ledger:
    """The ledger of one account. Safe to share between threads; each transaction has its own."""

    def __init__(
        self,
        *,
        engine: Engine,
        account: str,
        codec: Codec,
        blind: Blind,
        outer: Connection | None = None,
    ) -> None:
        self._engine = engine
        self._account = account
        self._codec = codec
        self._blind = blind
        self._outer = outer

    @property
    def account(self) -> str:
        return self._account

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction that writes: committed at the end, rolled back by any exception."""
        with translated(), self._connect(writes=True) as connection:
            yield self._transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction that only reads, on one consistent state of the ledger."""
        with translated(), self._connect(writes=False) as connection:
            yield self._transaction(connection)

    @contextmanager
    def rehearsal(self) -> Iterator[Ledger]:
        """Lend a ledger with the same content whose changes vanish at the end.

        SQLite rehearses on a private copy that the system deletes with the connection, even after
        a kill, so that others can go on writing. PostgreSQL rehearses in a transaction that is
        rolled back; it keeps locks on the rows it changed until then. For one thread.
        """
        with translated(), _scratch(self._engine) as engine, engine.connect() as connection:
            outer = connection.execution_options(**{WRITES: True})
            root = outer.begin()
            try:
                yield Ledger(
                    engine=engine,
                    account=self._account,
                    codec=self._codec,
                    blind=self._blind,
                    outer=outer,
                )
            finally:
                root.rollback()

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    @contextmanager
    def _connect(self, *, writes: bool) -> Iterator[Connection]:
        if self._outer is not None:
            with self._outer.begin_nested():
                yield self._outer
            return
        options = self._options(writes=writes)
        with self._engine.connect() as connection, connection.execution_options(**options).begin():
            yield connection

    def _options(self, *, writes: bool) -> dict[str, object]:
        if writes or self._engine.dialect.name == "sqlite":
            return {WRITES: writes}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _transaction(self, connection: Connection) -> Transaction:
        return Transaction(
            connection=connection, account=self._account, codec=self._codec, blind=self._blind
        )


def open_ledger(
    url: str,
    account: str,
    codec: Codec = PLAIN,
    *,
    lock_wait: timedelta = timedelta(seconds=10),
) -> Ledger:
    """Open the ledger of an account, creating or upgrading it as needed.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/database``.
        account: the organisation whose rows this ledger sees.
        codec: how contact values are stored; the same for the ledger's whole life.
        lock_wait: how long to wait for another writer before ``UnavailableError``.

    Raises:
        FixConfigurationError: the URL cannot be used.
        FixAccessError: the place is not writable, or the encryption key is another one.
        FixDataError: what is there is not a ledger, or was written by a newer version.
        UnavailableError: the database is locked or does not answer.
    """
    engine = _make_engine(_parse(url), lock_wait)
    try:
        with translated():
            migrate(engine)
            blind = _open_seal(engine, account, codec)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine=engine, account=account, codec=codec, blind=blind)


def _open_seal(engine: Engine, account: str, codec: Codec) -> Blind:
    """Prove that the codec is the right one before anything is read or written with it."""
    ledger = Ledger(engine=engine, account=account, codec=codec, blind=str)
    with ledger.read() as tx:
        is_sealed = has_seal(tx)
    # Only the very first opening writes, so that looking never waits for whoever is writing.
    with ledger.read() if is_sealed else ledger.begin() as tx:
        return blind_with(unseal(tx))


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise FixConfigurationError(BAD_URL) from None  # the URL may hold a password
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite" or url.database in {None, "", ":memory:"}:
        raise FixConfigurationError(BAD_URL)
    return url


def _make_engine(url: URL, lock_wait: timedelta) -> Engine:
    if url.drivername == "sqlite":
        return _sqlite_engine(url, lock_wait)
    milliseconds = int(lock_wait.total_seconds() * 1000)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={milliseconds}"},
        )
    except ModuleNotFoundError:
        raise FixConfigurationError(NO_DRIVER) from None


def _sqlite_engine(url: URL, lock_wait: timedelta) -> Engine:
    _make_file(Path(str(url.database)))
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": lock_wait.total_seconds(), "isolation_level": None},
    )
    _prepare_sqlite(engine)
    return engine


def _make_file(path: Path) -> None:
    """Create the file before SQLite does, readable by its owner only: it holds contact values."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError:
        raise FixAccessError(NOT_WRITABLE) from None


def _prepare_sqlite(engine: Engine) -> None:
    _share_statements(engine)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)


def _share_statements(engine: Engine) -> None:
    """Have a statement compiled once in a process, not once for each engine.

    Compiling took a third of a run of a few leads, and the daemon opens the ledger for each run. What
    is compiled is remembered by the dialect it was compiled for, so that the engines share that too.
    """
    first = _first_sqlite()
    engine.dialect = first.dialect
    engine.update_execution_options(compiled_cache=_statements())


@cache
def _first_sqlite() -> Engine:
    """An engine that has connected, and so knows what this SQLite can do."""
    engine = create_engine("sqlite://")
    with engine.connect():
        pass
    engine.dispose()
    return engine


@cache
def _statements() -> LRUCache[object, object]:
    return LRUCache(STATEMENTS_REMEMBERED)


def _set_pragmas(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    del entry
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: a lock taken half way could only fail, not wait."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {0 if writes else 1}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _scratch(engine: Engine) -> Iterator[Engine]:
    """Lend the engine to rehearse on: the same for PostgreSQL, a private copy for SQLite."""
    if engine.dialect.name != "sqlite":
        yield engine
        return
    # The empty name is SQLite's private on-disk database: unlinked at once, gone with its owner.
    copy = create_engine(
        "sqlite://",
        hide_parameters=True,
        poolclass=StaticPool,
        creator=lambda: sqlite3.connect("", isolation_level=None, check_same_thread=False),
    )
    _prepare_sqlite(copy)
    try:
        _copy_content(engine, copy)
        yield copy
    finally:
        copy.dispose()


def _copy_content(source: Engine, target: Engine) -> None:
    with source.connect() as reader, target.connect() as writer:
        from_ = reader.connection.driver_connection
        into = writer.connection.driver_connection
        assert from_ is not None
        from_.backup(into)
