"""The few pieces of SQL that SQLite and PostgreSQL spell differently.

Repositories use these and nothing of a dialect, so that one suite can prove both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Join,
    Row,
    Select,
    Table,
    Text,
    and_,
    any_,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from worker.core.json_text import write_json
from worker.core.records import RecordRef
from worker.ledger.bulk import POSTGRESQL, Insert, SqlRow, insert_into, run_for_each
from worker.ledger.transaction import Transaction

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
AnySelect: TypeAlias = "Select[*tuple[Any, ...]]"

__all__ = [
    "POSTGRESQL",
    "AnyRow",
    "AnySelect",
    "InOrder",
    "SqlRow",
    "add_counts",
    "count_pairs",
    "delete_where",
    "ids_by_type",
    "insert_missing",
    "insert_rows",
    "is_mine",
    "is_one_of",
    "is_record",
    "locked",
    "ref_columns",
    "take_turns",
    "upsert",
]


def is_mine(tx: Transaction, table: Table) -> ColumnElement[bool]:
    """Keep to the rows of this transaction's account; part of every query."""
    condition: ColumnElement[bool] = table.c.account == tx.account
    return condition


def is_one_of(
    tx: Transaction, column: ColumnElement[str], texts: Iterable[str]
) -> ColumnElement[bool]:
    """Compare a column with any number of texts in a single bound parameter.

    One parameter instead of an IN list: no limit on its length, and one compiled statement for
    every length.
    """
    wanted = list(texts)
    if tx.dialect == POSTGRESQL:
        return column == any_(literal(wanted, ARRAY(Text)))
    value = func.json_each(write_json(wanted)).table_valued("value").c.value
    return column.in_(select(value))


class InOrder(Join):
    """A join that SQLite carries out from left to right.

    It takes an index for selective whose first column is given, as the account always is, and would
    rather begin with every row that one account has in the largest table.
    """

    inherit_cache = True


@compiles(InOrder, "sqlite")
def _in_order(join: InOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(one, **options) for one in (join.left, join.right))
    assert join.onclause is not None
    options.pop("asfrom", None)
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause, **options)}"


def upsert(tx: Transaction, table: Table, rows: Sequence[SqlRow]) -> None:
    """Insert the rows in bulk; where the primary key exists, replace the other columns."""
    run_for_each(tx, table, rows, _replacing)


def _replacing(statement: Insert, table: Table, names: Sequence[str]) -> Insert:
    keys = _keys_of(table)
    others = {name: statement.excluded[name] for name in names if name not in keys}
    if others:
        return statement.on_conflict_do_update(index_elements=keys, set_=others)
    return statement.on_conflict_do_nothing(index_elements=keys)


def add_counts(tx: Transaction, table: Table, rows: Sequence[SqlRow]) -> None:
    """Add each row's number to the one stored under its primary key, starting from nothing."""
    run_for_each(tx, table, rows, _adding)


def _adding(statement: Insert, table: Table, names: Sequence[str]) -> Insert:
    keys = _keys_of(table)
    totals = {name: table.c[name] + statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=totals)


def _keys_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def insert_missing(tx: Transaction, table: Table, row: SqlRow) -> None:
    """Insert a row unless its primary key exists."""
    statement = insert_into(tx.dialect, table)
    tx.connection.execute(statement.on_conflict_do_nothing(index_elements=_keys_of(table)), row)


def insert_rows(tx: Transaction, table: Table, rows: Sequence[SqlRow]) -> None:
    """Insert the rows in bulk; a key that exists is an error."""
    run_for_each(tx, table, rows, _plain)


def _plain(statement: Insert, _table: Table, _names: Sequence[str]) -> Insert:
    return statement


def delete_where(tx: Transaction, table: Table, *conditions: ColumnElement[bool]) -> int:
    """Delete this account's rows that meet all conditions; returns how many."""
    return tx.connection.execute(delete(table).where(is_mine(tx, table), *conditions)).rowcount


def count_pairs(tx: Transaction, query: AnySelect) -> dict[str, int]:
    """Run a query of names and counts."""
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def take_turns(tx: Transaction, lock: int) -> None:
    """Wait for other transactions of this account that took this lock; held until ours ends.

    On SQLite a transaction that writes already excludes every other.
    """
    if tx.dialect == POSTGRESQL:
        tx.connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(tx.account, lock)))
        )


def locked(tx: Transaction, query: AnySelect, *, skips: bool = False) -> AnySelect:
    """Lock the rows a query reads; on SQLite the whole transaction already holds the lock."""
    return query.with_for_update(skip_locked=skips) if tx.dialect == POSTGRESQL else query


def ids_by_type(refs: Iterable[RecordRef]) -> Iterator[tuple[str, str, list[str]]]:
    """Group references by system and object type, each with its distinct ids in order."""
    ordered = sorted(set(refs))
    for (system, object_type), group in groupby(ordered, lambda r: (r.system, r.object_type)):
        yield system, object_type, [ref.id for ref in group]


def is_record(
    tx: Transaction, table: Table, system: str, object_type: str, ids: Iterable[str]
) -> ColumnElement[bool]:
    """Match the rows of these records of one system and object type."""
    return and_(
        is_one_of(tx, table.c.id, ids),
        table.c.system == system,
        table.c.object_type == object_type,
    )


def ref_columns(ref: RecordRef) -> Mapping[str, str]:
    """Spread a reference over the columns that hold it."""
    return {"id": ref.id, "system": ref.system, "object_type": ref.object_type}
