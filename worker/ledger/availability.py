"""Availability: when each site next has time for each service line, and whose decisions read it.

Nothing here is about a person but the ids of profiles. A place is a service line and a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, or_, select, update

from worker.core.availability_map import Availability
from worker.core.records import RecordRef
from worker.ledger.profiles import mark_dirty
from worker.ledger.sql import (
    AnyRow,
    delete_where,
    ids_by_type,
    is_mine,
    is_one_of,
    is_record,
    ref_columns,
    upsert,
)
from worker.ledger.transaction import Transaction
from worker.ledger.waiting_tables import availability, availability_readers

LookedAt: TypeAlias = tuple[str, str]
"""A service line and a site; of a lead that may go to any site, an empty text as the site."""


def save_availability(tx: Transaction, rows: Sequence[Availability], read_at: datetime) -> None:
    """Store rows over what was there; one that does not say when it was so, was so at ``read_at``."""
    upsert(
        tx,
        availability,
        [
            {
                "account": tx.account,
                **ref_columns(row.ref),
                "site": row.site,
                "service_line": row.service_line,
                "next_at": row.next_at,
                "open_slots": row.open_slots,
                "as_of": row.as_of or read_at,
                "is_dated": row.as_of is not None,
            }
            for row in rows
        ],
    )


def load_availability(tx: Transaction) -> list[Availability]:
    """Read all rows, the earliest opening first."""
    columns = availability.c
    query = (
        select(availability)
        .where(is_mine(tx, availability))
        .order_by(columns.next_at, columns.site, columns.system, columns.object_type, columns.id)
    )
    return [_to_availability(row) for row in tx.connection.execute(query)]


def availability_of(tx: Transaction, refs: Iterable[RecordRef]) -> dict[RecordRef, Availability]:
    """Read the rows of these records; those that say nothing are left out."""
    found: dict[RecordRef, Availability] = {}
    for system, object_type, ids in ids_by_type(refs):
        query = select(availability).where(
            is_mine(tx, availability), is_record(tx, availability, system, object_type, ids)
        )
        for row in tx.connection.execute(query):
            item = _to_availability(row)
            found[item.ref] = item
    return found


def delete_availability(tx: Transaction, refs: Iterable[RecordRef]) -> None:
    """Delete the rows of these records."""
    for system, object_type, ids in ids_by_type(refs):
        delete_where(tx, availability, is_record(tx, availability, system, object_type, ids))


def confirm_availability(
    tx: Transaction, system: str, object_type: str, read_at: datetime
) -> list[Availability]:
    """Note that rows which do not say when they were so, are so at ``read_at``; returns them as before."""
    mine = (
        is_mine(tx, availability),
        availability.c.system == system,
        availability.c.object_type == object_type,
        ~availability.c.is_dated,
        availability.c.as_of < read_at,
    )
    before = [
        _to_availability(row) for row in tx.connection.execute(select(availability).where(*mine))
    ]
    tx.connection.execute(update(availability).where(*mine).values(as_of=read_at))
    return before


def load_readers(tx: Transaction, profile_ids: Iterable[str]) -> dict[str, LookedAt]:
    """Read which place the decision about each profile looked at; those that looked at none are left out."""
    columns = availability_readers.c
    query = select(columns.profile_id, columns.service_line, columns.site).where(
        is_mine(tx, availability_readers), is_one_of(tx, columns.profile_id, profile_ids)
    )
    return {row.profile_id: (row.service_line, row.site) for row in tx.connection.execute(query)}


def save_readers(tx: Transaction, places: Mapping[str, LookedAt | None]) -> None:
    """Note which place the decision about each profile looked at; None: at none."""
    present = load_readers(tx, places)
    gone = [name for name in present if places[name] is None]
    if gone:
        delete_where(
            tx, availability_readers, is_one_of(tx, availability_readers.c.profile_id, gone)
        )
    upsert(
        tx,
        availability_readers,
        [
            {"account": tx.account, "profile_id": name, "service_line": place[0], "site": place[1]}
            for name, place in sorted(places.items())
            if place is not None and present.get(name) != place
        ],
    )


def wake_readers(tx: Transaction, places: Iterable[LookedAt]) -> None:
    """Have the profiles whose decision looked at one of these places decided again."""
    columns = availability_readers.c
    for line, site in sorted(set(places)):
        is_here: ColumnElement[bool] = or_(columns.site == site, columns.site == "")
        query = select(columns.profile_id).where(
            is_mine(tx, availability_readers), columns.service_line == line, is_here
        )
        mark_dirty(tx, tx.connection.execute(query).scalars())


def _to_availability(row: AnyRow) -> Availability:
    ref = RecordRef(system=row.system, object_type=row.object_type, id=row.id)
    return Availability(
        ref=ref,
        site=row.site,
        service_line=row.service_line,
        next_at=row.next_at,
        open_slots=row.open_slots,
        as_of=row.as_of,
    )
