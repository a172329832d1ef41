"""The hash chain over decisions: how a row is hashed, and how the whole chain is checked.

Each row's hash covers all its columns and the hash before it; ``chain_heads`` remembers the end.
So a row that was altered, removed, moved or slipped in shows. Whoever can rewrite every later row
and the head as well can hide a change from the ledger, but not from a copy of an earlier head: the
report gives the head so that it can be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, and_, select, type_coerce

from worker.core.json_text import write_json
from worker.errors import FixAccessError
from worker.ledger.columns import EPOCH, MICROSECOND
from worker.ledger.sql import AnyRow, AnySelect, SqlRow, is_mine
from worker.ledger.tables import chain_heads, decision_inputs, decisions
from worker.ledger.transaction import Transaction

GENESIS = "0" * 64
"""Stands before the first row."""

PAGE = 2_000
HASHED = tuple(sorted(column.name for column in decisions.c if column.name != "hash"))


class ProblemKind(StrEnum):
    """What is wrong with the chain."""

    ALTERED = "altered"
    REMOVED = "removed"
    MOVED = "moved"
    INSERTED = "inserted"
    INPUTS_ALTERED = "inputs_altered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainProblem:
    """The first row that is wrong. ``decision_id`` is None where the row itself is gone."""

    kind: ProblemKind
    seq: int
    decision_id: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of the chain found. ``head`` is worth keeping outside the ledger."""

    rows: int
    inputs: int
    erased: int
    head: str
    problem: ChainProblem | None = None


@dataclass(slots=True, kw_only=True)
class _Walk:
    """How far the check has come."""

    seq: int = 0
    hash: str = GENESIS
    decision_id: str | None = None
    inputs: int = 0
    erased: int = 0


def digest_inputs(salt: str, inputs: str) -> str:
    """Digest the personal facts so that they cannot be guessed from the digest."""
    return hashlib.sha256(f"{salt}:{inputs}".encode()).hexdigest()


def hash_row(row: SqlRow) -> str:
    """Hash a row: SHA-256 of its columns as JSON, keys sorted, no spaces, instants in microseconds."""
    decided_at = row["decided_at"]
    if isinstance(decided_at, datetime):
        row = {**row, "decided_at": (decided_at - EPOCH) // MICROSECOND}
    return hashlib.sha256(write_json(row).encode()).hexdigest()


def verify_chain(tx: Transaction) -> ChainReport:
    """Check every row, every link, the end, and the inputs that are still there.

    Reads page by page, stops at the first row that is wrong and names it. Erased inputs are fine.
    """
    walk = _Walk()
    problem = None
    for row in _rows(tx):
        problem = _check_row(tx, walk, row) or _check_inputs(tx, walk, row)
        if problem is not None:
            break
        walk.seq, walk.hash, walk.decision_id = row.seq, row.hash, row.id
    return ChainReport(
        rows=walk.seq,
        inputs=walk.inputs,
        erased=walk.erased,
        head=walk.hash,
        problem=problem or _check_end(tx, walk),
    )


def find_link(tx: Transaction, head: str) -> int | None:
    """Find the row that ends in a head kept elsewhere; None when the chain has no such row.

    In a whole chain, such a row proves that nothing up to it was rewritten. Before the first row
    stands the head of an empty chain.
    """
    if head == GENESIS:
        return 0
    query = select(decisions.c.seq).where(is_mine(tx, decisions), decisions.c.hash == head)
    return tx.connection.execute(query.order_by(decisions.c.seq)).scalars().first()


def _rows(tx: Transaction) -> Iterator[AnyRow]:
    """Walk the chain by sequence number."""
    query = _select(tx).order_by(decisions.c.seq).limit(PAGE)
    page = tx.connection.execute(query).all()
    while page:
        yield from page
        page = tx.connection.execute(query.where(decisions.c.seq > page[-1].seq)).all()


def _select(tx: Transaction) -> AnySelect:
    """The hashed columns as they are hashed, then the hash, then the inputs if not erased."""
    instant = type_coerce(decisions.c.decided_at, BigInteger).label("decided_at")
    columns = [instant if name == "decided_at" else decisions.c[name] for name in HASHED]
    same = and_(
        decision_inputs.c.account == decisions.c.account,
        decision_inputs.c.decision_id == decisions.c.id,
    )
    return (
        select(*columns, decisions.c.hash, decision_inputs.c.salt, decision_inputs.c.inputs)
        .join_from(decisions, decision_inputs, same, isouter=True)
        .where(is_mine(tx, decisions))
    )


def _check_row(tx: Transaction, walk: _Walk, row: AnyRow) -> ChainProblem | None:
    is_next = row.seq == walk.seq + 1 and row.prev_hash == walk.hash
    if is_next and _is_sealed(row):
        return None
    if row.seq <= walk.seq:
        return _problem(ProblemKind.INSERTED, row.seq, row.id)
    if row.seq > walk.seq + 1:
        return _removed(walk.seq + 1, row.seq - 1)
    if _is_sealed(row):
        return _name_broken_link(tx, walk, row)
    return _name_unsealed(tx, walk, row)


def _name_broken_link(tx: Transaction, walk: _Walk, row: AnyRow) -> ChainProblem:
    """The row is sealed but follows another: whichever of the two the rest does not build on."""
    if walk.seq and _is_followed(tx, row):
        return _problem(ProblemKind.ALTERED, walk.seq, walk.decision_id)
    return _problem(ProblemKind.ALTERED, row.seq, row.id)


def _name_unsealed(tx: Transaction, walk: _Walk, row: AnyRow) -> ChainProblem:
    """The row does not match its own hash: it was changed, or it stands in the wrong place."""
    written_as = _find_original_seq(tx, row)
    if written_as is not None and written_as == walk.seq:
        return _problem(ProblemKind.INSERTED, walk.seq, walk.decision_id)
    if written_as is not None:
        return _problem(ProblemKind.MOVED, row.seq, row.id, f" It was written as {written_as}.")
    following = _row_at(tx, row.seq + 1)
    if following is not None and _is_sealed(following, seq=row.seq):
        return _problem(ProblemKind.INSERTED, row.seq, row.id)
    return _problem(ProblemKind.ALTERED, row.seq, row.id)


def _find_original_seq(tx: Transaction, row: AnyRow) -> int | None:
    """Try every place in the chain; only ever done for the one row that is reported."""
    head = _load_head(tx)
    last = max(row.seq, head.seq if head is not None else 0)
    return next((seq for seq in range(1, last + 1) if _is_sealed(row, seq=seq)), None)


def _check_inputs(tx: Transaction, walk: _Walk, row: AnyRow) -> ChainProblem | None:
    if row.salt is None:
        walk.erased += 1
        return None
    walk.inputs += 1
    try:
        digest = digest_inputs(row.salt, tx.codec.decode(row.inputs))
    except FixAccessError:  # the key was proved when the ledger was opened: the text is damaged
        digest = ""
    if hmac.compare_digest(digest, row.inputs_digest):
        return None
    return _problem(ProblemKind.INPUTS_ALTERED, row.seq, row.id)


def _check_end(tx: Transaction, walk: _Walk) -> ChainProblem | None:
    head = _load_head(tx)
    if head is None:
        return _problem(ProblemKind.ALTERED, walk.seq, walk.decision_id) if walk.seq else None
    if head.seq > walk.seq:
        return _removed(walk.seq + 1, head.seq)
    if head.seq < walk.seq:
        extra = _row_at(tx, head.seq + 1)
        return _problem(ProblemKind.INSERTED, head.seq + 1, extra.id if extra else None)
    if head.hash != walk.hash:
        return _problem(ProblemKind.ALTERED, walk.seq, walk.decision_id)
    return None


def _is_sealed(row: AnyRow, seq: int | None = None) -> bool:
    """Compare the row with its own hash, as it stands or as if it stood at ``seq``."""
    values = dict(zip(HASHED, row, strict=False))  # the columns after them are not hashed
    if seq is not None:
        values["seq"] = seq
    return bool(hash_row(values) == row.hash)


def _is_followed(tx: Transaction, row: AnyRow) -> bool:
    following = _row_at(tx, row.seq + 1)
    if following is not None:
        return bool(following.prev_hash == row.hash)
    head = _load_head(tx)
    return head is not None and bool(head.seq == row.seq and head.hash == row.hash)


def _row_at(tx: Transaction, seq: int) -> AnyRow | None:
    return tx.connection.execute(_select(tx).where(decisions.c.seq == seq)).one_or_none()


def _load_head(tx: Transaction) -> AnyRow | None:
    query = select(chain_heads.c.seq, chain_heads.c.hash).where(is_mine(tx, chain_heads))
    return tx.connection.execute(query).one_or_none()


_SENTENCES = {
    ProblemKind.ALTERED: "{row} is not the one that was written.",
    ProblemKind.REMOVED: "{row} was removed.",
    ProblemKind.MOVED: "{row} was moved.",
    ProblemKind.INSERTED: "{row} was inserted afterwards.",
    ProblemKind.INPUTS_ALTERED: "{row}: the inputs kept for it are not the ones it was decided on.",
}


def _problem(kind: ProblemKind, seq: int, decision_id: str | None, more: str = "") -> ChainProblem:
    row = f"Row {seq} (decision {decision_id})" if decision_id else f"Row {seq}"
    message = _SENTENCES[kind].format(row=row) + more
    return ChainProblem(kind=kind, seq=seq, decision_id=decision_id, message=message)


def _removed(first: int, last: int) -> ChainProblem:
    more = f" So were the next, up to {last}." if last > first else ""
    return _problem(ProblemKind.REMOVED, first, None, more)
