"""Assignments: every hand-off ever made, who had it, and when and why it ended.

Appended in the transaction that decides, and ended once; nothing else is ever changed. What a member
was given counts against that member's day and week even if the lead was taken back since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select, update

from worker.ledger.rows import Assignment, Ending
from worker.ledger.sql import (
    POSTGRESQL,
    AnyRow,
    AnySelect,
    SqlRow,
    count_pairs,
    insert_rows,
    is_mine,
    is_one_of,
)
from worker.ledger.tables import assignments
from worker.ledger.transaction import Transaction

_IS_OPEN: ColumnElement[bool] = literal_column("assignments.ended_at IS NULL")
"""Spelled as in the partial index, or the databases would not recognise it."""


def begin_assignments(tx: Transaction, rows: Sequence[Assignment]) -> None:
    """Append hand-offs. A lead that has one that is not over is an error."""
    insert_rows(tx, assignments, [_from_assignment(tx, row) for row in rows])


def end_assignments(
    tx: Transaction, profile_ids: Iterable[str], *, at: datetime, ending: Ending
) -> int:
    """End the open hand-offs of these leads; returns how many."""
    statement = (
        update(assignments)
        .where(
            is_mine(tx, assignments),
            _IS_OPEN,
            is_one_of(tx, assignments.c.profile_id, profile_ids),
        )
        .values(ended_at=at, ending=ending.value)
    )
    return tx.connection.execute(statement).rowcount


def given_since(tx: Transaction, at: datetime) -> dict[str, int]:
    """Count what each owner was given since an instant, that instant included."""
    columns = assignments.c
    query = (
        select(columns.owner, func.count())
        .where(is_mine(tx, assignments), _is_given(tx), columns.assigned_at >= at)
        .group_by(columns.owner)
        .order_by(columns.owner)
    )
    return count_pairs(tx, query)


def open_assignments(tx: Transaction, profile_ids: Iterable[str]) -> dict[str, Assignment]:
    """Read the hand-off that stands of each of these leads."""
    columns = assignments.c
    query = _select(tx).where(_IS_OPEN, is_one_of(tx, columns.profile_id, profile_ids))
    return {row.profile_id: _to_assignment(row) for row in tx.connection.execute(query)}


def assignments_of(tx: Transaction, profile_id: str) -> list[Assignment]:
    """Read every hand-off of a lead, oldest first."""
    query = _select(tx).where(assignments.c.profile_id == profile_id)
    ordered = query.order_by(assignments.c.assigned_at, assignments.c.decision_id)
    return [_to_assignment(row) for row in tx.connection.execute(ordered)]


def _is_given(tx: Transaction) -> ColumnElement[bool]:
    spelled = "assignments.is_given" if tx.dialect == POSTGRESQL else "assignments.is_given = 1"
    return literal_column(spelled)


def _select(tx: Transaction) -> AnySelect:
    return select(assignments).where(is_mine(tx, assignments))


def _from_assignment(tx: Transaction, row: Assignment) -> SqlRow:
    return {
        "account": tx.account,
        "decision_id": row.decision_id,
        "profile_id": row.profile_id,
        "owner": row.owner,
        "team": row.team,
        "is_given": row.is_given,
        "reasons": " ".join(row.reasons),
        "assigned_at": row.assigned_at,
        "ended_at": row.ended_at,
        "ending": row.ending,
    }


def _to_assignment(row: AnyRow) -> Assignment:
    return Assignment(
        decision_id=row.decision_id,
        profile_id=row.profile_id,
        owner=row.owner,
        team=row.team,
        is_given=row.is_given,
        reasons=tuple(row.reasons.split()),
        assigned_at=row.assigned_at,
        ended_at=row.ended_at,
        ending=None if row.ending is None else Ending(row.ending),
    )
