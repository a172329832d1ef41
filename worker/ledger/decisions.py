"""Decisions: append-only and hash-chained, so that what was decided can be proved later.

The chained row holds codes, ids and numbers and can never be erased. The personal facts a
decision was made on stand apart and can; the row keeps only their salted digest.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, func, select

from worker.ledger.chain import (
    GENESIS,
    ChainProblem,
    ChainReport,
    ProblemKind,
    digest_inputs,
    hash_row,
    verify_chain,
)
from worker.ledger.rows import NewDecision, StoredDecision
from worker.ledger.sql import (
    AnyRow,
    AnySelect,
    SqlRow,
    delete_where,
    insert_missing,
    insert_rows,
    is_mine,
    is_one_of,
    locked,
    upsert,
)
from worker.ledger.tables import chain_heads, decision_inputs, decisions
from worker.ledger.transaction import Transaction

__all__ = [
    "ChainProblem",
    "ChainReport",
    "ProblemKind",
    "append_decisions",
    "count_decisions",
    "decisions_after",
    "erase_inputs",
    "history",
    "latest_decision",
    "load_decision",
    "verify_chain",
]

SALT_BYTES = 16


def append_decisions(tx: Transaction, rows: Sequence[NewDecision]) -> None:
    """Append decisions to the account's chain, in the order given."""
    if not rows:
        return
    seq, previous = _lock_head(tx)
    chained: list[SqlRow] = []
    inputs: list[SqlRow] = []
    for row in rows:
        seq += 1
        salt = secrets.token_hex(SALT_BYTES)
        link = _link(tx, row, seq=seq, salt=salt, previous=previous)
        previous = link["hash"]
        chained.append(link)
        inputs.append(_seal_inputs(tx, row, salt))
    insert_rows(tx, decisions, chained)
    insert_rows(tx, decision_inputs, inputs)
    upsert(tx, chain_heads, [{"account": tx.account, "seq": seq, "hash": previous}])


def load_decision(tx: Transaction, decision_id: str) -> StoredDecision | None:
    """Read one decision with its inputs."""
    row = tx.connection.execute(_select(tx).where(decisions.c.id == decision_id)).one_or_none()
    return None if row is None else _to_decision(tx, row)


def latest_decision(tx: Transaction, profile_id: str) -> StoredDecision | None:
    """Read the decision made last for a profile."""
    query = _select(tx).where(decisions.c.profile_id == profile_id)
    row = tx.connection.execute(query.order_by(decisions.c.seq.desc()).limit(1)).one_or_none()
    return None if row is None else _to_decision(tx, row)


def history(tx: Transaction, profile_id: str) -> list[StoredDecision]:
    """Read every decision ever made for a profile, oldest first."""
    query = _select(tx).where(decisions.c.profile_id == profile_id).order_by(decisions.c.seq)
    return [_to_decision(tx, row) for row in tx.connection.execute(query)]


def decisions_after(tx: Transaction, seq: int, until: datetime, limit: int) -> list[StoredDecision]:
    """Read the next decisions of everybody behind ``seq``, in order, up to an instant."""
    query = _select(tx).where(decisions.c.seq > seq, decisions.c.decided_at <= until)
    rows = tx.connection.execute(query.order_by(decisions.c.seq).limit(limit))
    return [_to_decision(tx, row) for row in rows]


def count_decisions(tx: Transaction, until: datetime) -> int:
    """Count the decisions of everybody up to an instant."""
    query = select(func.count()).where(is_mine(tx, decisions), decisions.c.decided_at <= until)
    return int(tx.connection.execute(query).scalar_one())


def erase_inputs(tx: Transaction, profile_ids: Iterable[str]) -> int:
    """Erase the personal facts behind all decisions of these people; the chain stays whole."""
    theirs = select(decisions.c.id).where(
        is_mine(tx, decisions), is_one_of(tx, decisions.c.profile_id, profile_ids)
    )
    return delete_where(tx, decision_inputs, decision_inputs.c.decision_id.in_(theirs))


def _lock_head(tx: Transaction) -> tuple[int, str]:
    """Read the end of the chain and keep others from appending until we are done."""
    insert_missing(tx, chain_heads, {"account": tx.account, "seq": 0, "hash": GENESIS})
    query = select(chain_heads.c.seq, chain_heads.c.hash).where(is_mine(tx, chain_heads))
    row = tx.connection.execute(locked(tx, query)).one()
    return row.seq, row.hash


def _link(tx: Transaction, row: NewDecision, *, seq: int, salt: str, previous: str) -> SqlRow:
    link: SqlRow = {
        "account": tx.account,
        "seq": seq,
        "id": row.id,
        "profile_id": row.profile_id,
        "run_id": row.run_id,
        "decided_at": row.decided_at,
        "pathway": row.pathway,
        "verdict": row.verdict,
        "stage": row.stage,
        "owner": row.owner,
        "policy_version": row.policy_version,
        "policy_digest": row.policy_digest,
        "config_digest": row.config_digest,
        "body": row.body,
        "inputs_digest": digest_inputs(salt, row.inputs),
        "prev_hash": previous,
    }
    return {**link, "hash": hash_row(link)}


def _seal_inputs(tx: Transaction, row: NewDecision, salt: str) -> SqlRow:
    return {
        "account": tx.account,
        "decision_id": row.id,
        "salt": salt,
        "inputs": tx.codec.encode(row.inputs),
    }


def _select(tx: Transaction) -> AnySelect:
    same = and_(
        decision_inputs.c.account == decisions.c.account,
        decision_inputs.c.decision_id == decisions.c.id,
    )
    return (
        select(decisions, decision_inputs.c.inputs)
        .join_from(decisions, decision_inputs, same, isouter=True)
        .where(is_mine(tx, decisions))
    )


def _to_decision(tx: Transaction, row: AnyRow) -> StoredDecision:
    return StoredDecision(
        seq=row.seq,
        id=row.id,
        profile_id=row.profile_id,
        run_id=row.run_id,
        decided_at=row.decided_at,
        pathway=row.pathway,
        verdict=row.verdict,
        stage=row.stage,
        owner=row.owner,
        policy_version=row.policy_version,
        policy_digest=row.policy_digest,
        config_digest=row.config_digest,
        body=row.body,
        inputs_digest=row.inputs_digest,
        prev_hash=row.prev_hash,
        hash=row.hash,
        inputs=None if row.inputs is None else tx.codec.decode(row.inputs),
    )
