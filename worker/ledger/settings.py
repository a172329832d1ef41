"""Facts about an account that are single values: its seal, the configuration last decided with."""

from __future__ import annotations

from sqlalchemy import select

from worker.ledger.sql import is_mine, upsert
from worker.ledger.tables import settings
from worker.ledger.transaction import Transaction


def load_setting(tx: Transaction, name: str) -> str | None:
    """Read one value; None when it was never saved."""
    query = select(settings.c.value).where(is_mine(tx, settings), settings.c.name == name)
    value: str | None = tx.connection.execute(query).scalar_one_or_none()
    return value


def save_setting(tx: Transaction, name: str, value: str) -> None:
    """Write one value over whatever was there."""
    upsert(tx, settings, [{"account": tx.account, "name": name, "value": value}])
