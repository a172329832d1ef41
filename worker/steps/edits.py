"""What a person changed of what the worker manages: told by the CRM, or seen by what differs.

A CRM with a history of its fields says who changed one last. Of any other, a value that is neither
what we read last nor what we wrote last is a person's. Pure: the step stores what is returned.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from worker.core.field_map import Managed, ObjectMap
from worker.core.records import Editor, RawValues, Record
from worker.ledger.rows import StoredRecord

NOTHING: RawValues = {}
NO_FIELDS: frozenset[str] = frozenset()


def with_edits(
    object_map: ObjectMap,
    record: Record,
    before: StoredRecord | None,
    after: StoredRecord,
    now: datetime,
    copied: frozenset[str] = NO_FIELDS,
) -> StoredRecord:
    """Note on a record that was just read what a person changed of what the worker manages.

    What changed before we ever wrote to it counts as well: the value we knew stands for our own.
    ``copied`` fields show what another CRM shows or showed: nobody's edit, unless the CRM says so.
    """
    known = before.values if before is not None and not before.is_deleted else NOTHING
    if not record.edits and known is NOTHING:
        return after
    seen = replace(record, values=after.values)
    ours = {name: after.values.get(name) for name in copied}
    noted = _noted(object_map, seen, known, {**after.written, **ours}, after, now)
    never_ours = {
        write.target: known[write.target]
        for write in object_map.writes
        if write.target not in after.written and _differs(after.values, known, write.target)
    }
    if not (never_ours or ours):
        return noted
    return replace(noted, written={**never_ours, **after.written, **ours})


def with_edits_of_conflict(
    object_map: ObjectMap, fresh: Record, ours: RawValues, record: StoredRecord, now: datetime
) -> StoredRecord:
    """Note what a person changed before a write of ours arrived; ``ours`` is what we know of it."""
    return _noted(object_map, fresh, ours, ours, record, now)


def _noted(
    object_map: ObjectMap,
    record: Record,
    known: RawValues,
    written: RawValues,
    after: StoredRecord,
    now: datetime,
) -> StoredRecord:
    stage, owner = after.stage_set_by_person_at, after.owner_set_by_person_at
    for write in object_map.writes:
        if write.managed is Managed.STAGE:
            found = _edited_at(record, write.target, known, written, now)
            stage = max(stage, found) if stage and found else found or stage
        elif write.managed is Managed.OWNER:
            found = _edited_at(record, write.target, known, written, now)
            is_other = _differs(record.values, known, write.target)
            owner = found or (None if is_other else owner)
    return replace(after, stage_set_by_person_at=stage, owner_set_by_person_at=owner)


def _edited_at(
    record: Record, name: str, known: RawValues, written: RawValues, now: datetime
) -> datetime | None:
    """Say when a person gave a field the value it has; None if nobody did, as far as is known."""
    is_new = _differs(record.values, known, name)
    told = record.edits.get(name)
    if told is None:
        is_ours = name in written and not _differs(record.values, written, name)
        return now if is_new and not is_ours else None
    if told.by is not Editor.PERSON:
        return None
    return min(told.at, now) if told.at is not None else (now if is_new else None)


def _differs(values: RawValues, known: RawValues, name: str) -> bool:
    both_seen = name in values and name in known
    return both_seen and (values[name] or None) != (known[name] or None)


def is_confirmed(before: StoredRecord, after: StoredRecord) -> bool:
    """Tell whether a person set what stood there already: nothing differs, and yet it is theirs now."""
    return (before.stage_set_by_person_at, before.owner_set_by_person_at) != (
        after.stage_set_by_person_at,
        after.owner_set_by_person_at,
    )
