"""Bookmarks: how far each object type of each system has been pulled."""

from __future__ import annotations

from sqlalchemy import select

from worker.ledger.rows import Bookmark
from worker.ledger.sql import is_mine, upsert
from worker.ledger.tables import bookmarks
from worker.ledger.transaction import Transaction


def load_bookmark(tx: Transaction, system: str, object_type: str) -> Bookmark | None:
    """Find where the next pull starts; None means from the beginning."""
    query = select(bookmarks.c.value, bookmarks.c.map_digest).where(
        is_mine(tx, bookmarks),
        bookmarks.c.system == system,
        bookmarks.c.object_type == object_type,
    )
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else Bookmark(value=row.value, map_digest=row.map_digest)


def save_bookmark(tx: Transaction, system: str, object_type: str, bookmark: Bookmark) -> None:
    """Move the bookmark. Belongs into the transaction that stores the page it follows."""
    row = {
        "account": tx.account,
        "system": system,
        "object_type": object_type,
        "value": bookmark.value,
        "map_digest": bookmark.map_digest,
    }
    upsert(tx, bookmarks, [row])
