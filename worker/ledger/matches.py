"""Which records a CRM named as the same when it refused a write: kept with the outcome, for people to review.

Ids only. Nothing here links or merges anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, select

from worker.core.records import RecordRef, WriteOutcome
from worker.ledger.records import load_records
from worker.ledger.rows import MatchedWrite
from worker.ledger.sql import is_mine
from worker.ledger.tables import intents, outcomes
from worker.ledger.transaction import Transaction

_decode = msgspec.json.Decoder(tuple[RecordRef, ...]).decode
_TAKEN = (WriteOutcome.APPLIED.value, WriteOutcome.UNCHANGED.value)


def matches_text(matches: Sequence[RecordRef]) -> str | None:
    """Write matches as the ledger keeps them; None for none."""
    return msgspec.json.encode(matches).decode() if matches else None


def read_matches(text: str | None) -> tuple[RecordRef, ...]:
    """Read what ``matches_text`` wrote."""
    return _decode(text) if text else ()


def count_matched(tx: Transaction, run_id: str) -> int:
    """Count the refusals of one run that named the same person elsewhere."""
    query = select(func.count()).where(
        is_mine(tx, outcomes), outcomes.c.run_id == run_id, outcomes.c.matches.is_not(None)
    )
    return tx.connection.execute(query).scalar_one()


def matched_writes(tx: Transaction) -> list[MatchedWrite]:
    """Read the last such refusal of each record, newest first, as far as it still stands.

    It does not once a later write of the record was taken, or once only one of the records is left.
    """
    together = intents.join(
        outcomes,
        and_(outcomes.c.account == intents.c.account, outcomes.c.intent_id == intents.c.id),
    )
    query = (
        select(intents, outcomes.c.code, outcomes.c.at, outcomes.c.matches)
        .select_from(together)
        .where(is_mine(tx, outcomes), outcomes.c.matches.is_not(None), ~_was_taken_later())
        .order_by(outcomes.c.at.desc(), outcomes.c.intent_id.desc())
    )
    latest: dict[RecordRef, MatchedWrite] = {}
    for row in tx.connection.execute(query):
        ref = RecordRef(system=row.system, object_type=row.object_type, id=row.record_id)
        matches = read_matches(row.matches)
        latest.setdefault(ref, MatchedWrite(ref=ref, matches=matches, code=row.code, at=row.at))
    return _still_there(tx, list(latest.values()))


def _was_taken_later() -> ColumnElement[bool]:
    later, ended = intents.alias(), outcomes.alias()
    return exists().where(
        later.c.account == intents.c.account,
        later.c.profile_id == intents.c.profile_id,
        *(later.c[name] == intents.c[name] for name in ("system", "object_type", "record_id")),
        ended.c.account == later.c.account,
        ended.c.intent_id == later.c.id,
        ended.c.at > outcomes.c.at,
        ended.c.outcome.in_(_TAKEN),
    )


def _still_there(tx: Transaction, writes: Sequence[MatchedWrite]) -> list[MatchedWrite]:
    """Leave out what was deleted or merged since; of what we never read that is not known."""
    named = {ref for write in writes for ref in (write.ref, *write.matches)}
    gone = {ref for ref, stored in load_records(tx, named).items() if stored.is_deleted}
    left = (
        replace(write, matches=tuple(ref for ref in write.matches if ref not in gone))
        for write in writes
        if write.ref not in gone
    )
    return [write for write in left if write.matches]
