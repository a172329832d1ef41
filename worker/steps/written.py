"""What the ledger knows of a record after a write: what stands there, and what of it is ours.

Kept apart from the sending: a conflict, and a write that found its own values there already, tell of
somebody else, who may be a person.
"""

from __future__ import annotations

from dataclasses import replace

from worker.core.copies import PastValue, with_past
from worker.core.field_map import Managed, ObjectMap
from worker.core.records import RawValues, Record, RecordRef, WriteOutcome
from worker.core.written_form import is_same
from worker.ledger.rows import Intent, StoredRecord
from worker.ledger.transaction import Transaction
from worker.steps.absorb import remapped
from worker.steps.copies import copies_within, find_copied, with_origins
from worker.steps.edits import NO_FIELDS, NOTHING, Evidence, note_edits
from worker.steps.sequences import is_clear
from worker.steps.work import Work


def after_write(
    work: Work,
    tx: Transaction,
    record: StoredRecord,
    intent: Intent,
    outcome: WriteOutcome,
    fresh: Record | None,
) -> StoredRecord:
    """Say how a record is kept after a write; ``fresh`` is what the CRM was found to say of it since."""
    if fresh is not None:
        (fresh,) = with_origins(tx, [fresh], {record.ref: record})
    match outcome:
        case WriteOutcome.APPLIED | WriteOutcome.UNCHANGED:
            is_given = Managed.OWNER in fields_of(intent)
            ours = dict.fromkeys(intent.changes, "") if is_clear(intent) else intent.changes
            written = replace(
                record,
                values={**record.values, **intent.changes},
                written={**record.written, **ours},
                owner_set_by_person_at=None if is_given else record.owner_set_by_person_at,
                owner_set_by=None if is_given else record.owner_set_by,
                past=_past(work, record, intent),
            )
            if outcome is WriteOutcome.UNCHANGED and fresh is not None:
                written = _noted(work, written, fresh)
            return _remapped(work, written)
        case WriteOutcome.MISSING:
            return replace(record, is_deleted=True)
        case WriteOutcome.CONFLICT if fresh is not None:
            copied = _copied(work, tx, record, fresh)
            return _after_conflict(work, record, intent, fresh, copied)
        case _:
            return record


def _copied(work: Work, tx: Transaction, record: StoredRecord, fresh: Record) -> frozenset[str]:
    """Name what something else has copied over before a write of ours arrived."""
    found = find_copied(work, tx, object_map_of(work, record.ref), [fresh], {record.ref: record})
    return found.get(record.ref, NO_FIELDS)


def _past(work: Work, record: StoredRecord, intent: Intent) -> tuple[PastValue, ...]:
    """Keep what we wrote over, for as long as a copy of it may still arrive elsewhere."""
    within = copies_within(work, intent.system)
    if within is None:
        return record.past
    values = {**record.values, **intent.changes}
    object_map = object_map_of(work, record.ref)
    oldest_at = work.now - within
    return with_past(record.past, object_map, record.values, values, oldest_at, work.now)


def _after_conflict(
    work: Work, record: StoredRecord, intent: Intent, fresh: Record, copied: frozenset[str]
) -> StoredRecord:
    """Remember what was ours, so that the next pull takes what a person wrote for theirs.

    What stands there as we would have written it is ours: a send that was cut off may have landed.
    The rest is left to the pull, which also asks anew who this person is; no revision is kept, so
    that it reads the record again whatever the CRM says of it.
    """
    object_map = object_map_of(work, record.ref)
    sought = {} if is_clear(intent) else intent.changes
    landed = {n: text for n, text in sought.items() if holds(object_map, fresh.values, {n: text})}
    base = {**intent.expected, **record.written, **landed}
    base |= {n: text for n, text in record.written.items() if text == "" and not base[n]}
    base |= {n: fresh.values.get(n) for n in copied}
    values = {**record.values, **landed}
    ours = replace(record, values=values, revision="", written=base)
    known = {**record.values, **intent.expected, **landed}
    noted = note_edits(object_map, fresh, ours, _evidence(work, known=known, copied=copied))
    return _remapped(work, noted)


def _noted(work: Work, record: StoredRecord, fresh: Record) -> StoredRecord:
    """Note that somebody else wrote what we were about to write."""
    return note_edits(object_map_of(work, record.ref), fresh, record, _evidence(work))


def _evidence(
    work: Work,
    known: RawValues = NOTHING,
    copied: frozenset[str] = NO_FIELDS,
) -> Evidence:
    respected = work.ruleset.configuration.lifecycle.respected
    return Evidence(now=work.now, known=known, copied=copied, respected=respected)


def _remapped(work: Work, record: StoredRecord) -> StoredRecord:
    """Map the record again from the values it has now."""
    map_contact = work.ruleset.contact_mappers[record.ref.system, record.ref.object_type]
    return remapped(map_contact, record)


def object_map_of(work: Work, ref: RecordRef) -> ObjectMap:
    """Give the map of a record that is written to."""
    found = work.ruleset.configuration.systems[ref.system].find_object(ref.object_type)
    assert found is not None
    return found


def holds(object_map: ObjectMap, values: RawValues, wanted: RawValues) -> bool:
    """Tell whether these values stand there, in whatever form the CRM gives them."""
    forms = {write.target: write for write in object_map.writes}
    return all(
        is_same(forms[name], values.get(name), value)
        if name in forms
        else (values.get(name) or None) == (value or None)
        for name, value in wanted.items()
    )


def fields_of(intent: Intent) -> list[str]:
    """Name what an intent changes, as the plan calls it."""
    found = intent.causes.get("fields")
    return [str(item) for item in found] if isinstance(found, (list, tuple)) else []
