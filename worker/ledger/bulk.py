"""Rows in bulk: one statement for many rows, made once for each table and set of columns.

SQLAlchemy would make a statement anew for each call and prepare each row by itself, which takes longer
than the database takes to store them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from worker.ledger.transaction import Transaction

POSTGRESQL = "postgresql"
SqlRow: TypeAlias = dict[str, Any]
"""Column values by name, as SQLAlchemy takes them."""
Insert: TypeAlias = postgresql.Insert | sqlite.Insert
Build: TypeAlias = Callable[[Insert, Table, Sequence[str]], Insert]
"""Says what an insertion into a table, of the columns named, does where the key exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bulk:
    """A statement in the database's own words, and how each column's value is put into it."""

    sql: str
    is_positional: bool
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def parameters(self, row: SqlRow) -> Any:
        if self.is_positional:
            return tuple(
                [row[name] if put is None else put(row[name]) for name, put in self.columns]
            )
        return {name: row[name] if put is None else put(row[name]) for name, put in self.columns}


def insert_into(dialect: str, table: Table) -> Insert:
    """Begin an insertion that may say what happens where the key exists."""
    return postgresql.insert(table) if dialect == POSTGRESQL else sqlite.insert(table)


def run_for_each(tx: Transaction, table: Table, rows: Sequence[SqlRow], build: Build) -> None:
    """Run for each row the insertion that ``build`` makes; all rows have the columns of the first."""
    if rows:
        bulk = _prepare(tx.connection.dialect, table, tuple(rows[0]), build)
        tx.connection.exec_driver_sql(bulk.sql, [bulk.parameters(row) for row in rows])


@lru_cache(maxsize=256)
def _prepare(dialect: Dialect, table: Table, names: tuple[str, ...], build: Build) -> _Bulk:
    statement = build(insert_into(dialect.name, table), table, names)
    compiled = statement.compile(dialect=dialect, column_keys=names)
    assert isinstance(compiled, SQLCompiler)
    order: Iterable[str] = names if compiled.positiontup is None else compiled.positiontup
    return _Bulk(
        sql=compiled.string,
        is_positional=compiled.positional,
        columns=tuple((name, _putter(dialect, table, name)) for name in order),
    )


def _putter(dialect: Dialect, table: Table, name: str) -> Callable[[Any], Any] | None:
    return table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
