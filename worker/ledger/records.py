"""Records: what the CRMs last told us, and which of them are the same person.

Contact values pass the transaction's codec on their way in and out; match keys pass its hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import CompoundSelect, func, select

from worker.core.copies import PastValue
from worker.core.json_text import write_json
from worker.core.records import RawValues, RecordRef
from worker.ledger.rows import StoredRecord
from worker.ledger.sql import (
    AnyRow,
    SqlRow,
    delete_where,
    ids_by_type,
    insert_rows,
    is_mine,
    is_one_of,
    is_record,
    ref_columns,
    upsert,
)
from worker.ledger.tables import activities, base_counts, match_keys, records, seen
from worker.ledger.transaction import Transaction
from worker.ledger.waiting_tables import availability

_decode_values = msgspec.json.Decoder(dict[str, str | None]).decode
_decode_past = msgspec.json.Decoder(tuple[PastValue, ...]).decode
_encode_values = msgspec.json.Encoder().encode


def load_records(tx: Transaction, refs: Iterable[RecordRef]) -> dict[RecordRef, StoredRecord]:
    """Read these records; those never stored are left out."""
    found: dict[RecordRef, StoredRecord] = {}
    for system, object_type, ids in ids_by_type(refs):
        query = select(records).where(
            is_mine(tx, records), is_record(tx, records, system, object_type, ids)
        )
        for row in tx.connection.execute(query).all():
            record = _to_record(tx, row)
            found[record.ref] = record
    return found


def load_revisions(tx: Transaction, refs: Iterable[RecordRef]) -> dict[RecordRef, str]:
    """Read only the revisions of these records; those deleted or unknown are left out."""
    found: dict[RecordRef, str] = {}
    for system, object_type, ids in ids_by_type(refs):
        query = select(records.c.id, records.c.revision).where(
            is_mine(tx, records),
            is_record(tx, records, system, object_type, ids),
            ~records.c.is_deleted,
        )
        for row in tx.connection.execute(query).all():
            found[RecordRef(system=system, object_type=object_type, id=row.id)] = row.revision
    return found


def save_records(tx: Transaction, rows: Sequence[StoredRecord]) -> None:
    """Store the records over what was there, in bulk."""
    upsert(tx, records, [_from_record(tx, row) for row in rows])


def records_of_profiles(tx: Transaction, ids: Iterable[str]) -> dict[str, list[StoredRecord]]:
    """Read the live records of each profile, ordered by reference."""
    query = select(records).where(
        is_mine(tx, records), is_one_of(tx, records.c.profile_id, ids), ~records.c.is_deleted
    )
    found: defaultdict[str, list[StoredRecord]] = defaultdict(list)
    for row in tx.connection.execute(query).all():
        found[row.profile_id].append(_to_record(tx, row))
    return {key: sorted(group, key=lambda r: r.ref) for key, group in found.items()}


def merged_of_profiles(tx: Transaction, ids: Iterable[str]) -> dict[str, list[StoredRecord]]:
    """Read the records of each profile that the CRM has merged into another, by reference."""
    query = select(records).where(
        is_mine(tx, records),
        is_one_of(tx, records.c.profile_id, ids),
        records.c.is_deleted,
        records.c.merged_into.is_not(None),
    )
    found: defaultdict[str, list[StoredRecord]] = defaultdict(list)
    for row in tx.connection.execute(query).all():
        found[row.profile_id].append(_to_record(tx, row))
    return {key: sorted(group, key=lambda r: r.ref) for key, group in found.items()}


def find_by_id(tx: Transaction, ids: Iterable[str]) -> list[RecordRef]:
    """Find every record with one of these ids, in whatever system."""
    query = select(records.c.system, records.c.object_type, records.c.id).where(
        is_mine(tx, records), records.c.id.in_(sorted(ids))
    )
    return sorted(_to_ref(row) for row in tx.connection.execute(query).all())


def count_profiles(tx: Transaction) -> int:
    """Say how many profiles the account has, at the same cost for any number."""
    query = select(func.coalesce(func.sum(base_counts.c.profile_count), 0)).where(
        is_mine(tx, base_counts)
    )
    return int(tx.connection.execute(query).scalar_one())


def save_match_keys(tx: Transaction, keys: Mapping[RecordRef, frozenset[str]]) -> None:
    """Replace the match keys of each record; writes only what differs."""
    wanted = {(ref, tx.blind(key)) for ref, texts in keys.items() for key in texts}
    present = _present_keys(tx, keys)
    _delete_keys(tx, present - wanted)
    fresh = sorted(wanted - present, key=lambda pair: (pair[1], pair[0]))
    insert_rows(
        tx,
        match_keys,
        [{"account": tx.account, "match_key": key, **ref_columns(ref)} for ref, key in fresh],
    )


def records_sharing_keys(tx: Transaction, keys: Iterable[str]) -> dict[str, list[RecordRef]]:
    """Find the records that have each key, ordered; a key nobody has is left out."""
    plain = {tx.blind(key): key for key in keys}
    columns = match_keys.c
    query = select(columns.match_key, columns.system, columns.object_type, columns.id).where(
        is_mine(tx, match_keys), is_one_of(tx, columns.match_key, plain)
    )
    found: defaultdict[str, list[RecordRef]] = defaultdict(list)
    for row in tx.connection.execute(query).all():
        found[plain[row.match_key]].append(_to_ref(row))
    return {key: sorted(refs) for key, refs in found.items()}


def mark_seen(tx: Transaction, run_id: str, refs: Iterable[RecordRef]) -> None:
    """Note that a sweep has met these records."""
    upsert(
        tx,
        seen,
        [
            {"account": tx.account, "run_id": run_id, **ref_columns(ref)}
            for ref in sorted(set(refs))
        ],
    )


def unseen(
    tx: Transaction, run_id: str, system: str, object_type: str, limit: int
) -> list[RecordRef]:
    """List what is stored live of one object type and the sweep has not met, ``limit`` at a time.

    Mark it deleted before asking again: the list always starts at the beginning.
    """
    query = _unmet(tx, run_id, system, object_type).order_by("id").limit(limit)
    ids = tx.connection.execute(query).scalars()
    return [RecordRef(system=system, object_type=object_type, id=id_) for id_ in ids]


def count_unseen(tx: Transaction, run_id: str, system: str, object_type: str) -> tuple[int, int]:
    """Count what is stored live of one object type, and how much of it the sweep has not met."""
    live = _live(tx, system, object_type).subquery()
    unmet = _unmet(tx, run_id, system, object_type).subquery()
    counts = (select(func.count()).select_from(part) for part in (live, unmet))
    stored, missing = (tx.connection.execute(query).scalar_one() for query in counts)
    return stored, missing


def _live(tx: Transaction, system: str, object_type: str) -> CompoundSelect[Any]:
    contacts = select(records.c.id).where(
        is_mine(tx, records),
        records.c.system == system,
        records.c.object_type == object_type,
        ~records.c.is_deleted,
    )
    happened = select(activities.c.id).where(
        is_mine(tx, activities),
        activities.c.system == system,
        activities.c.object_type == object_type,
    )
    openings = select(availability.c.id).where(
        is_mine(tx, availability),
        availability.c.system == system,
        availability.c.object_type == object_type,
    )
    return contacts.union(happened, openings)


def _unmet(tx: Transaction, run_id: str, system: str, object_type: str) -> CompoundSelect[Any]:
    met = select(seen.c.id).where(
        is_mine(tx, seen),
        seen.c.run_id == run_id,
        seen.c.system == system,
        seen.c.object_type == object_type,
    )
    # A set difference, because PostgreSQL, knowing nothing yet of rows just written, would compare
    # every record with every one that was met.
    live = _live(tx, system, object_type).subquery()
    return select(live.c.id).except_(met)


def clear_seen(tx: Transaction, run_id: str | None = None) -> None:
    """Forget what the sweep of a run has met; without a run, what any has.

    The latter is for what a killed worker left. Call it only while holding the account's lease.
    """
    delete_where(tx, seen, *([] if run_id is None else [seen.c.run_id == run_id]))


def _present_keys(tx: Transaction, refs: Iterable[RecordRef]) -> set[tuple[RecordRef, str]]:
    present = set()
    columns = match_keys.c
    for system, object_type, ids in ids_by_type(refs):
        query = select(columns.match_key, columns.system, columns.object_type, columns.id).where(
            is_mine(tx, match_keys), is_record(tx, match_keys, system, object_type, ids)
        )
        present |= {(_to_ref(row), row.match_key) for row in tx.connection.execute(query).all()}
    return present


def _delete_keys(tx: Transaction, pairs: Iterable[tuple[RecordRef, str]]) -> None:
    by_key: defaultdict[str, list[RecordRef]] = defaultdict(list)
    for ref, key in pairs:
        by_key[key].append(ref)
    for key, refs in by_key.items():
        for system, object_type, ids in ids_by_type(refs):
            owned = is_record(tx, match_keys, system, object_type, ids)
            delete_where(tx, match_keys, match_keys.c.match_key == key, owned)


def _to_ref(row: AnyRow) -> RecordRef:
    return RecordRef(row.system, row.object_type, row.id)


def _to_record(tx: Transaction, row: AnyRow) -> StoredRecord:
    decode = tx.codec.decode
    return StoredRecord(
        ref=_to_ref(row),
        profile_id=row.profile_id,
        revision=row.revision,
        values=_decode_values(decode(row.field_values)),
        mapped=decode(row.mapped),
        modified_at=row.modified_at,
        is_deleted=row.is_deleted,
        merged_into=row.merged_into,
        written=_decode_values(decode(row.written)),
        stage_set_by_person_at=row.stage_set_by_person_at,
        owner_set_by_person_at=row.owner_set_by_person_at,
        stage_set_by=row.stage_set_by,
        owner_set_by=row.owner_set_by,
        past=_decode_past(decode(row.past)) if row.past else (),
    )


def _from_record(tx: Transaction, record: StoredRecord) -> SqlRow:
    return {
        "account": tx.account,
        **ref_columns(record.ref),
        "profile_id": record.profile_id,
        "revision": record.revision,
        "field_values": _seal_values(tx, record.values),
        "mapped": tx.codec.encode(record.mapped),
        "modified_at": record.modified_at,
        "is_deleted": record.is_deleted,
        "merged_into": record.merged_into,
        "written": _seal_values(tx, record.written),
        "stage_set_by_person_at": record.stage_set_by_person_at,
        "owner_set_by_person_at": record.owner_set_by_person_at,
        "stage_set_by": record.stage_set_by,
        "owner_set_by": record.owner_set_by,
        "past": tx.codec.encode(write_json(record.past)) if record.past else None,
    }


def _seal_values(tx: Transaction, values: RawValues) -> str:
    return tx.codec.encode(_encode_values(dict(values)).decode())
