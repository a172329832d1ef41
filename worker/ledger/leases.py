"""Leases: at most one worker at a time, and a fencing token to prove which.

A token is never given twice for a name, so a worker that slept through the end of its lease can
tell, in the transaction of its next write, that another has taken over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update

from worker.ledger.sql import insert_missing, is_mine
from worker.ledger.tables import leases
from worker.ledger.transaction import Transaction


def acquire(tx: Transaction, name: str, holder: str, now: datetime, ttl: timedelta) -> int | None:
    """Take a free or expired lease; returns its fencing token, None while somebody has it."""
    insert_missing(tx, leases, {"account": tx.account, "name": name, "token": 0})
    statement = (
        update(leases)
        .where(
            is_mine(tx, leases),
            leases.c.name == name,
            or_(leases.c.holder.is_(None), leases.c.expires_at <= now),
        )
        .values(holder=holder, token=leases.c.token + 1, expires_at=now + ttl)
    )
    if tx.connection.execute(statement).rowcount != 1:
        return None
    token: int = tx.connection.execute(
        select(leases.c.token).where(is_mine(tx, leases), leases.c.name == name)
    ).scalar_one()
    return token


def holder_of(tx: Transaction, name: str, now: datetime) -> tuple[str, int] | None:
    """Say who holds a lease and with which token; None when it is free."""
    columns = leases.c
    row = tx.connection.execute(
        select(columns.holder, columns.token).where(
            is_mine(tx, leases),
            columns.name == name,
            columns.holder.is_not(None),
            columns.expires_at > now,
        )
    ).one_or_none()
    return None if row is None else (row.holder, row.token)


def renew(tx: Transaction, name: str, token: int, now: datetime, ttl: timedelta) -> bool:
    """Prolong a lease; false when it has ended or belongs to another."""
    statement = update(leases).where(_is_held(tx, name, token, now)).values(expires_at=now + ttl)
    return tx.connection.execute(statement).rowcount == 1


def is_held(tx: Transaction, name: str, token: int, now: datetime) -> bool:
    """Say whether the lease is still ours; ask in the transaction that depends on it."""
    query = select(leases.c.token).where(_is_held(tx, name, token, now))
    return tx.connection.execute(query).one_or_none() is not None


def release(tx: Transaction, name: str, token: int) -> None:
    """Give a lease back, unless another has taken it meanwhile."""
    tx.connection.execute(
        update(leases)
        .where(is_mine(tx, leases), leases.c.name == name, leases.c.token == token)
        .values(holder=None, expires_at=None)
    )


def _is_held(tx: Transaction, name: str, token: int, now: datetime) -> ColumnElement[bool]:
    return (
        is_mine(tx, leases)
        & (leases.c.name == name)
        & (leases.c.token == token)
        & leases.c.holder.is_not(None)
        & (leases.c.expires_at > now)
    )
