"""Contact points: which records have an address, and what those who have it opted out of.

Points arrive hashed and pass the transaction's hash besides. A record that was deleted keeps the rows
that close something: what was asked for an address is not taken back by deleting who asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from sqlalchemy import and_, select, tuple_, update

from worker.core.records import RecordRef
from worker.ledger.records import load_records
from worker.ledger.rows import StoredRecord
from worker.ledger.sql import (
    delete_where,
    ids_by_type,
    is_mine,
    is_one_of,
    is_record,
    ref_columns,
    upsert,
)
from worker.ledger.tables import contact_points, profiles, records
from worker.ledger.transaction import Transaction

Points: TypeAlias = Mapping[str, frozenset[str]]
"""The opt-outs that stand at each point; none is the empty set."""
NOTHING_UNSEEN: Mapping[RecordRef, frozenset[str]] = {}


def closed_points(tx: Transaction, points: Iterable[str]) -> dict[str, frozenset[str]]:
    """Read what anybody opted out of at these points; a point that is open is left out."""
    plain = {tx.blind(point): point for point in points}
    return {plain[sealed]: said for sealed, said in _opt_outs_at(tx, plain).items()}


def save_contact_points(
    tx: Transaction,
    wanted: Mapping[RecordRef, Points | None],
    unseen: Mapping[RecordRef, frozenset[str]] = NOTHING_UNSEEN,
) -> None:
    """Replace the points of each record, and have those decided again whom that opens or closes.

    None stands for a record that was deleted. What a record said and does not let us see any more,
    ``unseen``, goes on holding.
    """
    present = _present(tx, wanted)
    fresh, stale, closing = [], [], set()
    for ref, points in wanted.items():
        had = present.get(ref, {})
        if points is None:
            has = {point: said for point, said in had.items() if said}
        else:
            still = unseen.get(ref, frozenset()) & _said(had.values())
            has = _sealed(tx, {point: said | still for point, said in points.items()})
        for point in had.keys() | has.keys():
            if had.get(point) == has.get(point):
                continue
            if had.get(point) or has.get(point):
                closing.add(point)
            if point in has:
                fresh.append((ref, point, has[point]))
            else:
                stale.append((ref, point))
    before = _opt_outs_at(tx, closing)
    _delete(tx, stale)
    upsert(
        tx,
        contact_points,
        [
            {"account": tx.account, "point": point, **ref_columns(ref), "opt_outs": said}
            for ref, point, said in sorted(fresh)
        ],
    )
    after = _opt_outs_at(tx, closing)
    _soil_sharing(tx, [point for point in closing if before.get(point) != after.get(point)])


def records_after(tx: Transaction, after: RecordRef | None, limit: int) -> list[StoredRecord]:
    """Read the next records of any system, by id, for a walk through the whole base."""
    columns = records.c
    query = select(columns.id, columns.system, columns.object_type).where(is_mine(tx, records))
    place = tuple_(columns.id, columns.system, columns.object_type)
    if after is not None:
        query = query.where(place > tuple_(after.id, after.system, after.object_type))
    query = query.order_by(columns.id, columns.system, columns.object_type).limit(limit)
    refs = [
        RecordRef(system=row.system, object_type=row.object_type, id=row.id)
        for row in tx.connection.execute(query).all()
    ]
    found = load_records(tx, refs)
    return [found[ref] for ref in refs]


def _sealed(tx: Transaction, points: Points) -> dict[str, str]:
    return {tx.blind(point): "+".join(sorted(said)) for point, said in points.items()}


def _said(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(name for text in texts for name in text.split("+") if name)


def _present(tx: Transaction, refs: Iterable[RecordRef]) -> dict[RecordRef, dict[str, str]]:
    found: defaultdict[RecordRef, dict[str, str]] = defaultdict(dict)
    for system, object_type, ids in ids_by_type(refs):
        query = select(contact_points).where(
            is_mine(tx, contact_points), is_record(tx, contact_points, system, object_type, ids)
        )
        for row in tx.connection.execute(query).all():
            ref = RecordRef(system=system, object_type=object_type, id=row.id)
            found[ref][row.point] = row.opt_outs
    return found


def _opt_outs_at(tx: Transaction, sealed: Iterable[str]) -> dict[str, frozenset[str]]:
    columns = contact_points.c
    query = (
        select(columns.point, columns.opt_outs)
        .where(
            is_mine(tx, contact_points),
            is_one_of(tx, columns.point, sealed),
            columns.opt_outs != "",
        )
        .distinct()
    )
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for row in tx.connection.execute(query).all():
        found[row.point] |= _said([row.opt_outs])
    return found


def _delete(tx: Transaction, pairs: Iterable[tuple[RecordRef, str]]) -> None:
    for point, refs in _by_point(pairs):
        for system, object_type, ids in ids_by_type(refs):
            owned = is_record(tx, contact_points, system, object_type, ids)
            delete_where(tx, contact_points, contact_points.c.point == point, owned)


def _by_point(pairs: Iterable[tuple[RecordRef, str]]) -> Iterator[tuple[str, list[RecordRef]]]:
    found: defaultdict[str, list[RecordRef]] = defaultdict(list)
    for ref, point in pairs:
        found[point].append(ref)
    yield from found.items()


def _soil_sharing(tx: Transaction, sealed: Iterable[str]) -> None:
    """Mark dirty whoever has one of these points, in the database: a front desk may have thousands."""
    points, owned = contact_points.c, records.c
    is_same = and_(
        owned.account == points.account,
        owned.id == points.id,
        owned.system == points.system,
        owned.object_type == points.object_type,
    )
    sharing = (
        select(owned.profile_id)
        .select_from(contact_points.join(records, is_same))
        .where(is_mine(tx, contact_points), is_one_of(tx, points.point, sealed), ~owned.is_deleted)
    )
    statement = (
        update(profiles)
        .where(is_mine(tx, profiles), ~profiles.c.is_dirty, profiles.c.id.in_(sharing))
        .values(is_dirty=True)
    )
    tx.connection.execute(statement)
