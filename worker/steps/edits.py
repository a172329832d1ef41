"""What a person changed of what the worker manages: told by the CRM, or seen by what differs.

A CRM with a history of its fields says who changed one last. Of any other, a value that is not the one
we read or wrote last is a person's, also where they went back to something of ours. Pure: the step
stores what is returned.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.core.editors import author_of, watched_writes
from worker.core.field_map import FieldWrite, Managed, ObjectMap
from worker.core.lifecycle import ALL_BUT_COPIES
from worker.core.records import Edit, Editor, RawValues, Record
from worker.core.written_form import differs
from worker.ledger.rows import NOT_OURS, StoredRecord

NOTHING: RawValues = {}
NO_FIELDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What tells whether somebody changed a record, and whose changes are ``respected``.

    ``known`` are the values we read or wrote last. ``copied`` fields show what another CRM of the person
    shows or showed.
    """

    now: datetime
    known: RawValues = field(default_factory=lambda: NOTHING)
    copied: AbstractSet[str] = NO_FIELDS
    respected: AbstractSet[Editor] = ALL_BUT_COPIES


def with_edits(
    object_map: ObjectMap,
    record: Record,
    before: StoredRecord | None,
    after: StoredRecord,
    evidence: Evidence,
) -> StoredRecord:
    """Note on a record that was just read what a person changed of what the worker manages.

    What changed before we ever wrote to it counts as well: the value we knew stands for our own. A
    copied field is nobody's edit, unless the CRM says so.
    """
    known = before.values if before is not None and not before.is_deleted else NOTHING
    if not record.edits and known is NOTHING:
        return after
    seen = replace(record, values=after.values)
    copied = {name: after.values.get(name) for name in evidence.copied}
    if copied:
        after = replace(after, written={**after.written, **copied})
    noted = note_edits(object_map, seen, after, replace(evidence, known=known))
    never_ours = {
        write.target: known[write.target]
        for write in object_map.writes
        if differs(write, after.values, known)
    }
    return replace(noted, written={**never_ours, **noted.written}) if never_ours else noted


def note_edits(
    object_map: ObjectMap, record: Record, after: StoredRecord, evidence: Evidence
) -> StoredRecord:
    """Note when a person gave a record the stage and the owner that it shows, and who it was.

    What they gave it is theirs from then on, also if we once wrote the same.
    """
    for write in watched_writes(object_map):
        found = _edit_that_counts(record, write, evidence)
        if write.managed is Managed.STAGE:
            after = _with_stage(after, found)
        else:
            is_other = differs(write, record.values, evidence.known)
            after = _with_owner(after, found, is_other=is_other)
        if found is not None:
            after = replace(after, written={**after.written, write.target: NOT_OURS})
    return after


def _with_stage(after: StoredRecord, found: Edit | None) -> StoredRecord:
    at = after.stage_set_by_person_at
    if found is None or found.at is None or (at is not None and at > found.at):
        return after
    by = author_of(found) if found.at != at or found.is_exact else after.stage_set_by
    return replace(after, stage_set_by_person_at=found.at, stage_set_by=by)


def _with_owner(after: StoredRecord, found: Edit | None, *, is_other: bool) -> StoredRecord:
    if found is not None:
        return replace(after, owner_set_by_person_at=found.at, owner_set_by=author_of(found))
    if is_other:
        return replace(after, owner_set_by_person_at=None, owner_set_by=None)
    return after


def _edit_that_counts(record: Record, write: FieldWrite, evidence: Evidence) -> Edit | None:
    """Give the edit of a person to whom a field owes the value it has; None if nobody is known."""
    is_new = differs(write, record.values, evidence.known)
    told = record.edits.get(write.target)
    if told is None or not told.is_exact:
        is_theirs = is_new and write.target not in evidence.copied
        return _somebody(told, evidence.now) if is_theirs else None
    if told.by not in evidence.respected or (told.at is None and not is_new):
        return None
    return replace(told, at=min(told.at or evidence.now, evidence.now))


def _somebody(told: Edit | None, now: datetime) -> Edit:
    """Take what nobody explains for a person's: whose, if it was a person who changed the record last."""
    if told is None or told.by is not Editor.PERSON:
        return Edit(by=Editor.PERSON, at=now)
    return replace(told, at=min(told.at or now, now))


def is_confirmed(before: StoredRecord, after: StoredRecord) -> bool:
    """Tell whether a person set what stood there already: nothing differs, and yet it is theirs now."""
    return (before.stage_set_by_person_at, before.owner_set_by_person_at) != (
        after.stage_set_by_person_at,
        after.owner_set_by_person_at,
    )
