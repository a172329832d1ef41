"""Revocations: each opt-out from the run that first saw it until every record shows it.

A row that is open, or was shown everywhere, follows its record: to the profile the record joins, and,
once the record is deleted, to where the rest of its profile goes. Rows are closed, never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, literal, select, text, tuple_, update

from worker.core.records import RecordRef
from worker.ledger.rows import Revocation
from worker.ledger.sql import (
    AnyRow,
    SqlRow,
    ids_by_type,
    is_mine,
    is_one_of,
    is_record,
    ref_columns,
    upsert,
)
from worker.ledger.tables import records, revocations
from worker.ledger.transaction import Transaction

PAGE = 500
SHOWN = "revocations.ending = 'shown'"
"""Written out, as it is in the index: a bound value would not be found there."""
_OPEN = revocations.c.settled_at.is_(None)
_KEY = ("deadline_at", "id", "system", "object_type", "fact", "seen_at")


def add_revocations(tx: Transaction, rows: Sequence[Revocation]) -> None:
    """Store revocations that are new."""
    upsert(tx, revocations, [_from_revocation(tx, row) for row in rows])


def open_revocations_of(tx: Transaction, profile_ids: Iterable[str]) -> dict[str, list[Revocation]]:
    """Read the open revocations of each profile, the earliest deadline first."""
    query = (
        select(revocations)
        .where(
            is_mine(tx, revocations), _OPEN, is_one_of(tx, revocations.c.profile_id, profile_ids)
        )
        .order_by(*(revocations.c[name] for name in _KEY))
    )
    found: dict[str, list[Revocation]] = {}
    for row in tx.connection.execute(query):
        found.setdefault(row.profile_id, []).append(_to_revocation(row))
    return found


def shown_revocations_of(tx: Transaction, refs: Sequence[RecordRef]) -> list[Revocation]:
    """Read what was revoked in the profiles of these records, and every record of the time showed."""
    found: list[Revocation] = []
    for system, object_type, ids in ids_by_type(refs):
        together = revocations.join(
            records,
            and_(
                records.c.account == revocations.c.account,
                records.c.profile_id == revocations.c.profile_id,
            ),
        )
        query = (
            select(revocations)
            .select_from(together)
            .where(is_mine(tx, revocations), text(SHOWN))
            .where(is_record(tx, records, system, object_type, ids))
            .order_by(revocations.c.seen_at)
        )
        found += map(_to_revocation, tx.connection.execute(query))
    return found


def open_revocations(tx: Transaction) -> Iterator[list[Revocation]]:
    """Walk through all open revocations by deadline, a page at a time."""
    place = tuple_(*(revocations.c[name] for name in _KEY))
    query = (
        select(revocations)
        .where(is_mine(tx, revocations), _OPEN)
        .order_by(*(revocations.c[name] for name in _KEY))
        .limit(PAGE)
    )
    page = tx.connection.execute(query).all()
    while page:
        yield [_to_revocation(row) for row in page]
        last = _to_revocation(page[-1])
        row = _from_revocation(tx, last)
        bound = [literal(row[name], revocations.c[name].type) for name in _KEY]
        page = tx.connection.execute(query.where(place > tuple_(*bound))).all()


def count_open_revocations(tx: Transaction, until: datetime | None = None) -> int:
    """Count the open revocations, or those whose deadline is at an instant or before it."""
    query = select(func.count()).select_from(revocations).where(is_mine(tx, revocations), _OPEN)
    if until is not None:
        query = query.where(revocations.c.deadline_at <= until)
    return int(tx.connection.execute(query).scalar_one())


def settle_revocations(tx: Transaction, rows: Iterable[Revocation], at: datetime) -> None:
    """Close revocations; each says itself how it ended."""
    alike: dict[tuple[str, str | None], list[RecordRef]] = {}
    for row in rows:
        alike.setdefault((row.fact, row.ending), []).append(row.ref)
    for (fact, ending), refs in alike.items():
        for system, object_type, ids in ids_by_type(refs):
            statement = update(revocations).where(
                is_mine(tx, revocations),
                _OPEN,
                is_record(tx, revocations, system, object_type, ids),
                revocations.c.fact == fact,
            )
            tx.connection.execute(statement.values(settled_at=at, ending=ending))


def follow_records(tx: Transaction, moved: Mapping[RecordRef, str]) -> None:
    """Have revocations follow their records to other profiles."""
    for ref, profile_id in moved.items():
        owned = is_record(tx, revocations, ref.system, ref.object_type, [ref.id])
        _move(tx, owned, profile_id)


def follow_profiles(tx: Transaction, moved: Mapping[str, str]) -> None:
    """Have the revocations of profiles that are no more follow to the ones that took their place."""
    for old, new in moved.items():
        _move(tx, revocations.c.profile_id == old, new)


def _move(tx: Transaction, owned: ColumnElement[bool], profile_id: str) -> None:
    for standing in (_OPEN, text(SHOWN)):  # one after the other: each has an index of its own
        condition = and_(is_mine(tx, revocations), standing, owned)
        tx.connection.execute(update(revocations).where(condition).values(profile_id=profile_id))


def _to_revocation(row: AnyRow) -> Revocation:
    return Revocation(
        ref=RecordRef(system=row.system, object_type=row.object_type, id=row.id),
        fact=row.fact,
        profile_id=row.profile_id,
        seen_at=row.seen_at,
        deadline_at=row.deadline_at,
        settled_at=row.settled_at,
        ending=row.ending,
    )


def _from_revocation(tx: Transaction, row: Revocation) -> SqlRow:
    return {
        "account": tx.account,
        **ref_columns(row.ref),
        "fact": row.fact,
        "profile_id": row.profile_id,
        "seen_at": row.seen_at,
        "deadline_at": row.deadline_at,
        "settled_at": row.settled_at,
        "ending": row.ending,
    }
