"""Quarantine: the rows of the last read that could not be read, so that somebody can mend them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from worker.ledger.rows import QuarantinedRow
from worker.ledger.sql import delete_where, insert_rows, is_mine
from worker.ledger.tables import quarantine
from worker.ledger.transaction import Transaction


def replace_quarantine(
    tx: Transaction, system: str, object_type: str, rows: Sequence[QuarantinedRow]
) -> None:
    """Replace what the last read of an object type put aside by what this one did."""
    delete_where(
        tx, quarantine, quarantine.c.system == system, quarantine.c.object_type == object_type
    )
    insert_rows(
        tx,
        quarantine,
        [
            {
                "account": tx.account,
                "system": system,
                "object_type": object_type,
                "position": position,
                "row_number": row.row,
                "column_name": row.column,
                "code": row.code,
                "record_id": row.record_id,
                "run_id": row.run_id,
            }
            for position, row in enumerate(rows)
        ],
    )


def count_quarantine(tx: Transaction) -> int:
    """Count the rows now in quarantine."""
    query = select(func.count()).select_from(quarantine).where(is_mine(tx, quarantine))
    return int(tx.connection.execute(query).scalar_one())


def list_quarantine(tx: Transaction, limit: int) -> list[QuarantinedRow]:
    """List rows now in quarantine, by system, object type and place in the source."""
    columns = quarantine.c
    query = (
        select(quarantine)
        .where(is_mine(tx, quarantine))
        .order_by(columns.system, columns.object_type, columns.position)
        .limit(limit)
    )
    return [
        QuarantinedRow(
            system=row.system,
            object_type=row.object_type,
            row=row.row_number,
            column=row.column_name,
            code=row.code,
            record_id=row.record_id,
            run_id=row.run_id,
        )
        for row in tx.connection.execute(query)
    ]
