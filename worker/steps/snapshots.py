"""All that is known of a lead at the time of deciding, put together from the ledger. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from worker.core.current import CurrentRecord
from worker.core.exclusions import LOOK_BACK
from worker.core.field_map import FieldWrite, Managed
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Activity, ActivityKind, FactSpec
from worker.core.organisations import Membership
from worker.core.record_checks import check_records
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.trace import memory_from_json
from worker.core.written_form import is_same
from worker.ledger.activities import activities_of
from worker.ledger.records import merged_of_profiles
from worker.ledger.rows import (
    StoredActivity,
    StoredProfile,
    StoredRecord,
)
from worker.ledger.transaction import Transaction
from worker.steps.owners import Owners
from worker.steps.roll_up import RollUps
from worker.steps.stored import contact_of
from worker.steps.work import Work


def take_snapshots(
    work: Work,
    tx: Transaction,
    batch: Sequence[StoredProfile],
    records: Mapping[str, Sequence[StoredRecord]],
    roll_ups: RollUps,
    owners: Owners | None,
) -> list[LeadSnapshot]:
    """Put together what is known of each lead of a batch that has a live record."""
    ids = [profile.id for profile in batch]
    merged = merged_of_profiles(tx, ids)
    refs = [record.ref for found in records.values() for record in found]
    activities = activities_of(tx, refs, since=work.now - LOOK_BACK)
    memberships = roll_ups.memberships(tx, ids)
    return [
        take_snapshot(
            work.ruleset,
            profile,
            records[profile.id],
            activities,
            memberships.get(profile.id),
            owners,
            merged.get(profile.id, ()),
        )
        for profile in batch
        if records.get(profile.id)
    ]


def take_snapshot(
    ruleset: Ruleset,
    profile: StoredProfile,
    records: Sequence[StoredRecord],
    activities: Mapping[RecordRef, Sequence[StoredActivity]],
    membership: Membership | None = None,
    owners: Owners | None = None,
    merged: Sequence[StoredRecord] = (),
) -> LeadSnapshot:
    """Put together what the core needs to know of one lead."""
    configuration = ruleset.configuration
    kinds = configuration.activity_kinds
    happened = [
        as_activity(stored, kinds)
        for record in records
        for stored in activities.get(record.ref, ())
        if stored.kind in kinds and kinds[stored.kind].is_enabled
    ]
    happened.sort(key=lambda activity: (activity.at, activity.ref), reverse=True)
    staged = {r.ref: at for r in records if (at := r.stage_set_by_person_at) is not None}
    owned = {r.ref: at for r in records if (at := r.owner_set_by_person_at) is not None}
    contacts = _contacts(records, configuration.facts)
    memory = memory_from_json(profile.memory)
    untouched = _untouched_owners(ruleset, records, contacts) if memory.taken_from else ()
    return LeadSnapshot(
        profile_id=profile.id,
        contacts=contacts,
        merged=_contacts(merged, configuration.facts),
        activities=tuple(happened),
        memory=memory,
        stage_set_by_person_at=max(staged.values(), default=None),
        owner_set_by_person_at=max(owned.values(), default=None),
        stage_edits=staged,
        owner_edits=owned,
        is_stage_cleared=any(_is_stage_cleared(ruleset, record) for record in records),
        membership=membership,
        issues=check_records(contacts, owners, configuration.routing.unassigned),
        untouched_owners=frozenset(untouched),
        untouched_stages=frozenset([r.ref for r in records if _is_stage_untouched(ruleset, r)]),
    )


def _untouched_owners(
    ruleset: Ruleset, records: Sequence[StoredRecord], contacts: Sequence[MappedContact]
) -> Iterator[str]:
    """Name the owners that we wrote last, or that nobody has changed since we first saw them."""
    for record, contact in zip(records, contacts, strict=True):
        for write in _writes(ruleset, record, Managed.OWNER):
            written, shown = record.written.get(write.target), record.values.get(write.target)
            if write.target not in record.written or is_same(write, written, shown):
                yield f"{record.ref.system}:{contact.facts.get('owner')}"


def _is_stage_untouched(ruleset: Ruleset, record: StoredRecord) -> bool:
    """Tell whether a record shows the stage that we wrote there last."""
    written = record.written
    return bool(written) and any(
        written.get(write.target)
        and is_same(write, written[write.target], record.values.get(write.target))
        for write in _writes(ruleset, record, Managed.STAGE)
    )


def _writes(ruleset: Ruleset, record: StoredRecord, managed: Managed) -> Iterator[FieldWrite]:
    """Yield the fields of a record that hold what is managed."""
    system = ruleset.configuration.systems.get(record.ref.system)
    object_map = system.find_object(record.ref.object_type) if system else None
    writes = object_map.writes if object_map else ()
    return (write for write in writes if write.managed is managed)


def _is_stage_cleared(ruleset: Ruleset, record: StoredRecord) -> bool:
    """Tell whether we emptied the stage of a record, and nobody has filled it since."""
    if "" not in record.written.values():
        return False
    return any(
        record.written.get(write.target) == "" and not record.values.get(write.target)
        for write in _writes(ruleset, record, Managed.STAGE)
    )


def as_activity(stored: StoredActivity, kinds: Mapping[str, ActivityKind]) -> Activity:
    """Say of a stored activity what conditions may ask; its kind must be a known one."""
    return Activity(
        ref=str(stored.ref),
        kind=stored.kind,
        at=stored.at,
        strength=kinds[stored.kind].strength,
        service_line=stored.service_line,
        owner=stored.owner,
        channel=stored.channel,
        source=stored.source,
        is_excluded=stored.is_excluded,
    )


def _contacts(
    records: Sequence[StoredRecord], specs: Mapping[str, FactSpec]
) -> tuple[MappedContact, ...]:
    return tuple(contact_of(record, specs) for record in records)


def current_of(records: Sequence[StoredRecord]) -> dict[RecordRef, CurrentRecord]:
    """Give records as they were read last, beside what was written to them."""
    return {r.ref: CurrentRecord(values=r.values, written=r.written) for r in records}
