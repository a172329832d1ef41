"""What a contact that was just read is to us, and how the ledger keeps it.

Most of what a CRM gives back is known already, or is our own writing. Only what is news to us may
have a lead decided again. Pure: the step stores what is returned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from worker.core.copies import PastValue, with_past
from worker.core.field_map import ObjectMap
from worker.core.identity import UNCLEAR
from worker.core.lifecycle import ALL_BUT_COPIES
from worker.core.mapping import ContactMapper, mapped_to_json
from worker.core.merged import keep_of_merged
from worker.core.records import Editor, RawValues, Record
from worker.core.written_form import is_same
from worker.ledger.rows import StoredRecord
from worker.steps.edits import NO_FIELDS, Evidence, is_confirmed, with_edits

CHANGED_AT: Final = "changed_at"
"""The fact that tells when a record was last changed, by whomever."""


class News(StrEnum):
    """What a record tells us. Named as it is counted."""

    NEW = "new"
    CHANGED = "changed"
    ECHO = "echoes"
    DELETED = "deleted"
    NOTHING = "known"


COUNTED = (News.NEW, News.CHANGED, News.ECHO, News.DELETED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How records of one object type are read: with which map, and whether it is another than before.

    ``can_add_fields``: a managed field that is not there yet is empty, as our first write adds it.
    ``copies_within`` is how long something else takes to copy fields to another CRM; None: it does not.
    ``respected`` are those whose changes count as a person's.
    """

    now: datetime
    object_map: ObjectMap
    map_contact: ContactMapper
    can_add_fields: bool
    is_remapped: bool
    copies_within: timedelta | None = None
    respected: frozenset[Editor] = ALL_BUT_COPIES


def absorb(
    reading: Reading,
    record: Record,
    before: StoredRecord | None,
    copied: frozenset[str] = NO_FIELDS,
) -> tuple[News, StoredRecord | None]:
    """Say what a record read now is to us, and how to keep it; None: as it is kept already.

    ``copied`` are fields that something else has brought over from another CRM.
    """
    is_gone = record.is_deleted or record.merged_into is not None
    if record.merged_into is not None and before is None:
        # Unknown to us, but others may have been merged into it, and it passes them on.
        return News.NOTHING, _kept(reading, record, before)
    if is_gone and (before is None or before.is_deleted) and not _is_merge_news(record, before):
        return News.NOTHING, None
    if before is not None and not is_gone and _is_known(reading, record, before):
        return News.NOTHING, None
    after = _kept(reading, record, before)
    if is_gone:
        return News.DELETED, after
    evidence = Evidence(now=reading.now, copied=copied, respected=reading.respected)
    after = with_edits(reading.object_map, record, before, after, evidence)
    if before is None or before.is_deleted:
        return News.NEW, after
    if not is_same_content(reading.object_map, before, after):
        return News.CHANGED, after
    after = _as_old_as(reading, before, after)
    is_mapped_otherwise = reading.is_remapped and before.mapped != after.mapped
    if is_mapped_otherwise or is_confirmed(before, after):
        return News.CHANGED, after
    return News.ECHO, after


def _is_merge_news(record: Record, before: StoredRecord | None) -> bool:
    """Tell whether a record is told to be merged that was known, at most, to be gone.

    A write may have found it missing, or a sweep, before the merge is told: what it refused has to go on.
    """
    merged_into = record.merged_into
    return merged_into is not None and (before is None or before.merged_into != merged_into)


def _as_old_as(reading: Reading, before: StoredRecord, after: StoredRecord) -> StoredRecord:
    """Keep the time of the last change that was not ours: which record of a person is newest goes by it."""
    moving = _stamps(reading.object_map) & before.values.keys() & after.values.keys()
    values = {**after.values, **{name: before.values[name] for name in moving}}
    return remapped(
        reading.map_contact, replace(after, values=values, modified_at=before.modified_at)
    )


def _stamps(object_map: ObjectMap) -> frozenset[str]:
    """Name the fields that every write moves, ours as well: some CRMs show the time in several."""
    told = {read.source for read in object_map.reads if read.fact == CHANGED_AT}
    return frozenset(told | {object_map.modified_at_field or ""})


def _is_known(reading: Reading, record: Record, before: StoredRecord) -> bool:
    is_same = before.revision == record.revision and not before.is_deleted
    return is_same and not reading.is_remapped


def _kept(reading: Reading, record: Record, before: StoredRecord | None) -> StoredRecord:
    if record.merged_into is not None:
        return _kept_of_merged(reading, record, before)
    values = dict(record.values)
    if reading.can_add_fields:
        values = {**{write.target: None for write in reading.object_map.writes}, **values}
    return StoredRecord(
        ref=record.ref,
        revision=record.revision,
        values=values,
        mapped=map_record(reading.map_contact, replace(record, values=values), before),
        profile_id=before.profile_id if before else None,
        modified_at=record.modified_at,
        is_deleted=record.is_deleted or record.merged_into is not None,
        merged_into=record.merged_into,
        written=before.written if before else {},
        stage_set_by_person_at=before.stage_set_by_person_at if before else None,
        owner_set_by_person_at=before.owner_set_by_person_at if before else None,
        stage_set_by=before.stage_set_by if before else None,
        owner_set_by=before.owner_set_by if before else None,
        past=_past(reading, before, values),
    )


def _past(
    reading: Reading, before: StoredRecord | None, values: RawValues
) -> tuple[PastValue, ...]:
    if before is None or reading.copies_within is None:
        return ()
    oldest_at = reading.now - reading.copies_within
    return with_past(before.past, reading.object_map, before.values, values, oldest_at, reading.now)


def _kept_of_merged(reading: Reading, record: Record, before: StoredRecord | None) -> StoredRecord:
    """Keep of a record that was merged into another only what it refused, and its stage."""
    return StoredRecord(
        ref=record.ref,
        revision=record.revision,
        values={},
        mapped=keep_of_merged(before.mapped if before else None, reading.now),
        profile_id=before.profile_id if before else None,
        modified_at=record.modified_at,
        is_deleted=True,
        merged_into=record.merged_into,
    )


def map_record(map_contact: ContactMapper, record: Record, before: StoredRecord | None) -> str:
    """Map a record; what is unclear of its identity is kept until it is linked anew."""
    contact = map_contact(record)
    kept = [issue for issue in UNCLEAR if before is not None and issue.code in before.mapped]
    if kept:
        contact = replace(contact, issues=(*contact.issues, *kept))
    return mapped_to_json(contact)


def remapped(map_contact: ContactMapper, record: StoredRecord) -> StoredRecord:
    """Map a record again from the values it has now."""
    seen = Record(
        ref=record.ref,
        values=record.values,
        revision=record.revision,
        modified_at=record.modified_at,
    )
    return replace(record, mapped=map_record(map_contact, seen, record))


def is_same_content(object_map: ObjectMap, before: StoredRecord, after: StoredRecord) -> bool:
    """Compare all but the time of modification, which our own writes move as well.

    A CRM shows what was written in a form of its own: an instant to the millisecond, a list sorted.
    """
    names = (set(before.values) | set(after.values)) - _stamps(object_map)
    if not names <= before.values.keys() & after.values.keys():
        return False
    moved = {name for name in names if before.values[name] != after.values[name]}
    forms = {write.target: write for write in object_map.writes}
    return all(
        name in forms and is_same(forms[name], before.values[name], after.values[name])
        for name in moved
    )
