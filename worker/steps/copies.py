"""Finds, on pulling a page, what something else has copied over from another CRM.

Only records whose stage or owner has changed are looked at, and only where there is another CRM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from worker.core.copies import Shown, copied_fields
from worker.core.editors import watched_writes
from worker.core.field_map import FieldWrite, Managed, ObjectMap
from worker.core.records import Editor, Record, RecordRef
from worker.core.written_form import differs, is_same
from worker.ledger.records import records_of_profiles
from worker.ledger.rows import StoredRecord
from worker.ledger.transaction import Transaction
from worker.steps.work import Work

Copied = Mapping[RecordRef, frozenset[str]]
"""The fields of each record that are copies; records without any are left out."""


def copies_within(work: Work, system: str) -> timedelta | None:
    """Say how long something else takes to copy fields of a system elsewhere; None: it does not."""
    copying = work.ruleset.configuration.identity.copying
    return copying.within if copying is not None and system in copying.systems else None


def find_copied(
    work: Work,
    tx: Transaction,
    object_map: ObjectMap,
    records: Sequence[Record],
    stored: Mapping[RecordRef, StoredRecord],
) -> Copied:
    """Name the fields of these records that show what another record of the person shows."""
    configuration = work.ruleset.configuration
    if len(configuration.systems) < 2:
        return {}
    watched = watched_writes(object_map)
    changed = [one for one in records if _has_changed(one, stored.get(one.ref), watched)]
    people = {stored[one.ref].profile_id or "" for one in changed}
    siblings = records_of_profiles(tx, people - {""}) if people - {""} else {}
    found: dict[RecordRef, frozenset[str]] = {}
    for one in changed:
        before = stored[one.ref]
        others = _shown_all(work, siblings.get(before.profile_id or "", ()))
        shown = Shown(ref=one.ref, object_map=object_map, values=one.values)
        fields = copied_fields(
            work.ruleset.routing,
            shown,
            before.values,
            others,
            configuration.identity.copying,
            work.now,
        )
        if fields:
            found[one.ref] = fields
    return found


def with_origins(
    tx: Transaction, records: Sequence[Record], stored: Mapping[RecordRef, StoredRecord]
) -> list[Record]:
    """Take what was copied from a CRM in which we do not know the person for the edit of a person.

    Where we do, whoever changed it there is seen there.
    """
    synced = [one.ref for one in records if any(e.by is Editor.SYNC for e in one.edits.values())]
    people = {ref: stored[ref].profile_id or "" for ref in synced if ref in stored}
    siblings = records_of_profiles(tx, set(people.values())) if people else {}
    seen = {
        ref
        for ref, profile in people.items()
        if any(other.ref.system != ref.system for other in siblings.get(profile, ()))
    }
    alone = frozenset(synced) - seen
    return [_as_people(one) if one.ref in alone else one for one in records]


def _as_people(record: Record) -> Record:
    edits = {
        name: replace(edit, by=Editor.PERSON) if edit.by is Editor.SYNC else edit
        for name, edit in record.edits.items()
    }
    return replace(record, edits=edits)


def _has_changed(
    record: Record, before: StoredRecord | None, watched: Iterable[FieldWrite]
) -> bool:
    if before is None or record.is_deleted or record.merged_into is not None:
        return False
    return any(differs(write, record.values, before.values) for write in watched)


def _shown_all(work: Work, records: Iterable[StoredRecord]) -> list[Shown]:
    systems = work.ruleset.configuration.systems
    found: list[Shown] = []
    for one in records:
        system = systems.get(one.ref.system)
        object_map = system.find_object(one.ref.object_type) if system else None
        if object_map is not None:
            found.append(
                Shown(
                    ref=one.ref,
                    object_map=object_map,
                    values=one.values,
                    past=one.past,
                    sources=_sources(one, object_map),
                )
            )
    return found


def _sources(record: StoredRecord, object_map: ObjectMap) -> frozenset[str]:
    """Name the fields that hold what we wrote there, or what a person did."""
    edited = {
        Managed.STAGE: record.stage_set_by_person_at,
        Managed.OWNER: record.owner_set_by_person_at,
    }
    return frozenset(
        write.target
        for write in object_map.writes
        if edited.get(write.managed) is not None
        or (
            write.target in record.written
            and is_same(write, record.written[write.target], record.values.get(write.target))
        )
    )
