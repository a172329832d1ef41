"""The roster: who has how many leads, and the state of each team's rotation.

All of it moves in the transaction that gives a lead away, so that it is undone with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal_column, select, update

from worker.ledger.sql import count_pairs, is_mine, is_one_of, upsert
from worker.ledger.tables import profiles, roster_credits
from worker.ledger.transaction import Transaction

_IS_MQL: ColumnElement[bool] = literal_column("profiles.stage = 'mql'")
"""Spelled as in the partial index, or the databases would not recognise it."""


def open_by_owner(tx: Transaction) -> dict[str, int]:
    """Count the marketing qualified profiles of each owner who has any."""
    return _count_by_owner(tx, _IS_MQL)


def assigned_since(tx: Transaction, at: datetime) -> dict[str, int]:
    """Count what each owner was assigned since an instant, that instant included."""
    return _count_by_owner(tx, profiles.c.assigned_at >= at)


def profiles_by_owner(tx: Transaction) -> dict[str, int]:
    """Count all profiles of each owner, at whatever stage. Reads the base; for reports."""
    return _count_by_owner(tx)


def load_credits(tx: Transaction) -> dict[tuple[str, str], float]:
    """Read the turn-taking credit of each member of each team."""
    columns = roster_credits.c
    query = select(columns.team, columns.member, columns.credit).where(is_mine(tx, roster_credits))
    return {(row.team, row.member): row.credit for row in tx.connection.execute(query)}


def save_credits(tx: Transaction, credits_: Mapping[tuple[str, str], float]) -> None:
    """Store credits over what was there; members not named keep theirs."""
    upsert(
        tx,
        roster_credits,
        [
            {"account": tx.account, "team": team, "member": member, "credit": credit}
            for (team, member), credit in sorted(credits_.items())
        ],
    )


def mark_owners_dirty(tx: Transaction, owners: Iterable[str]) -> int:
    """Have the marketing qualified leads of these owners decided again; returns how many."""
    statement = (
        update(profiles)
        .where(
            is_mine(tx, profiles),
            ~profiles.c.is_dirty,
            _IS_MQL,
            is_one_of(tx, profiles.c.owner, owners),
        )
        .values(is_dirty=True)
    )
    return tx.connection.execute(statement).rowcount


def _count_by_owner(tx: Transaction, *conditions: ColumnElement[bool]) -> dict[str, int]:
    query = (
        select(profiles.c.owner, func.count())
        .where(is_mine(tx, profiles), profiles.c.owner.is_not(None), *conditions)
        .group_by(profiles.c.owner)
        .order_by(profiles.c.owner)
    )
    return count_pairs(tx, query)
