"""Opening a ledger: what is made, what is refused, and in which words."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.ledger.examples import record, ref
from worker.app import ledger_key
from worker.config.settings import LedgerSettings, Settings
from worker.errors import (
    FixAccessError,
    FixConfigurationError,
    FixDataError,
    LeadtriageError,
    UnavailableError,
)
from worker.ledger import records
from worker.ledger.engine import Ledger, open_ledger

AT_ONCE = timedelta(0)


@pytest.fixture
def has_tables() -> bool:
    """Every ledger begins here."""
    return False


def test_a_file_of_the_key_that_cannot_be_read_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(ledger=LedgerSettings(key_file=tmp_path / "none"))
    with pytest.raises(FixConfigurationError, match=r"ledger\.key_file names cannot be read"):
        ledger_key(settings)


def test_the_folder_is_made_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "ledger.sqlite"
    open_ledger(f"sqlite:///{path}", "acme").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_stored_is_there_after_opening_again(opened: Callable[..., Ledger]) -> None:
    with opened().begin() as tx:
        records.save_records(tx, [record("1")])
    with opened().read() as tx:
        assert records.load_records(tx, [ref("1")]) == {ref("1"): record("1")}


def test_a_text_file_is_refused_and_left_alone(sqlite_path: Path) -> None:
    sqlite_path.write_text("name,email\n" * 100)
    with pytest.raises(FixDataError, match="not a ledger"):
        open_ledger(f"sqlite:///{sqlite_path}", "acme")
    assert sqlite_path.read_text() == "name,email\n" * 100


def test_another_database_is_refused_and_left_alone(sqlite_path: Path) -> None:
    with sqlite3.connect(sqlite_path) as connection:
        connection.execute("CREATE TABLE other (id)")
    connection.close()
    before = sqlite_path.read_bytes()
    with pytest.raises(FixDataError, match="not a ledger"):
        open_ledger(f"sqlite:///{sqlite_path}", "acme")
    assert sqlite_path.read_bytes() == before


def test_a_newer_ledger_is_refused(opened: Callable[..., Ledger]) -> None:
    with opened().begin() as tx:
        tx.connection.execute(text("UPDATE ledger_version SET version_num = '9999'"))
    with pytest.raises(FixDataError, match="newer version"):
        opened()


def test_a_locked_ledger_is_unavailable(opened: Callable[..., Ledger], url: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL locks rows, not the ledger")
    other = opened(lock_wait=AT_ONCE)
    with (
        opened().begin(),
        pytest.raises(UnavailableError, match="locked by another process"),
        other.begin(),
    ):
        pass


def test_a_ledger_being_written_can_be_opened_and_read(opened: Callable[..., Ledger]) -> None:
    writer = opened()
    with writer.begin() as writing:
        records.save_records(writing, [record("1")])
        with opened(lock_wait=AT_ONCE).read() as tx:
            assert records.load_records(tx, [ref("1")]) == {}


def test_a_reader_keeps_seeing_one_state(opened: Callable[..., Ledger]) -> None:
    ledger = opened()
    with ledger.read() as tx:
        assert records.load_records(tx, [ref("1")]) == {}
        with ledger.begin() as writing:
            records.save_records(writing, [record("1")])
        assert records.load_records(tx, [ref("1")]) == {}


def test_a_reading_transaction_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(LeadtriageError), ledger.read() as tx:
        records.save_records(tx, [record("1")])


def test_an_exception_rolls_back(ledger: Ledger) -> None:
    with contextlib.suppress(KeyError), ledger.begin() as tx:
        records.save_records(tx, [record("1")])
        raise KeyError
    with ledger.read() as tx:
        assert records.load_records(tx, [ref("1")]) == {}


def test_a_place_that_cannot_be_written_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FixAccessError, match="cannot be opened or written"):
        open_ledger(f"sqlite:///{tmp_path / 'file' / 'ledger.sqlite'}", "acme")


@pytest.mark.parametrize("url", ["", "ledger", "sqlite://", "sqlite:///:memory:", "mysql://a/b"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(FixConfigurationError, match=r"Use sqlite:///path/to/file or postgresql://"):
        open_ledger(url, "acme")


def test_a_refused_url_is_not_shown(tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(FixConfigurationError) as caught:
        open_ledger("mysql://kim:secret@host/db", "acme")
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        open_ledger(f"postgresql:///none?host={tmp_path}", "acme")


def test_a_missing_postgresql_database_cannot_be_reached(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("a SQLite file is made")
    with pytest.raises(UnavailableError, match="Check that it runs, and its URL"):
        open_ledger(url.replace("test_", "none_"), "acme")


def test_a_sqlite_ledger_survives_a_power_cut(sqlite_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{sqlite_path}", "acme")
    with ledger.begin() as tx:
        names = ("journal_mode", "synchronous", "foreign_keys")
        found = [tx.connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]
    ledger.close()
    assert found == ["wal", 2, 1]
