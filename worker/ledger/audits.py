"""Audits of the data: what was counted when, so that the next one can say what became of it.

Counts only: nothing here can be traced to a person.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from worker.core.data_audit import StoredAudit
from worker.ledger.sql import insert_rows, is_mine
from worker.ledger.tables import audits
from worker.ledger.transaction import Transaction

_decode = msgspec.json.Decoder(dict[str, int]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def save_audit(tx: Transaction, audit: StoredAudit) -> None:
    """Keep the counts of an audit."""
    row = {
        "account": tx.account,
        "id": audit.id,
        "audited_at": audit.audited_at,
        "config_digest": audit.config_digest,
        "lead_count": audit.leads,
        "clean_count": audit.clean,
        "codes": _encode(dict(audit.codes)).decode(),
    }
    insert_rows(tx, audits, [row])


def latest_audit(tx: Transaction) -> StoredAudit | None:
    """Read the last audit that was kept."""
    query = (
        select(audits)
        .where(is_mine(tx, audits))
        .order_by(audits.c.audited_at.desc(), audits.c.id.desc())
        .limit(1)
    )
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        return None
    return StoredAudit(
        id=row.id,
        audited_at=row.audited_at,
        config_digest=row.config_digest,
        leads=row.lead_count,
        clean=row.clean_count,
        codes=_decode(row.codes),
    )
