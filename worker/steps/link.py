"""Linking: which profile each touched record belongs to.

Looks only at records that share a match key with a touched one, directly or through others, so the
cost follows the change and not the base.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.core.cross_references import own_key
from worker.core.identity import UNCLEAR, group_records, match_keys, merge_key, profile_id_of
from worker.core.mapping import Issue, MappedContact, mapped_to_json
from worker.core.model import FactSpec
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.ledger.profiles import load_profiles, mark_dirty, save_profiles
from worker.ledger.records import (
    load_records,
    records_of_profiles,
    records_sharing_keys,
    save_match_keys,
    save_records,
)
from worker.ledger.revocations import follow_profiles, follow_records
from worker.ledger.rows import StoredProfile, StoredRecord
from worker.ledger.transaction import Transaction
from worker.steps.membership import place_members
from worker.steps.stored import contacts_of

MOST_HOPS = 12
"""A chain of shared keys longer than this is cut: it is no longer one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What the records say that counted, so that nobody reads it out of them again, and who came.

    ``came_from`` names the records that have joined another profile, each with its former one; None:
    it had none.
    """

    said: Mapping[RecordRef, MappedContact]
    came_from: Mapping[RecordRef, str | None]


def link_records(tx: Transaction, touched: Sequence[StoredRecord], ruleset: Ruleset) -> Linked:
    """Store the touched records in the profile they belong to, with whom they meet; mark it dirty."""
    specs = ruleset.configuration.facts
    stored = {record.ref: record for record in touched}
    contacts = contacts_of(filter(_counts, touched), specs)
    block = _load_block(tx, stored, contacts, specs)
    merged = {ref: target for ref, record in block.items() if (target := _target(record))}
    grouping = group_records(list(contacts.values()), merged)
    claimed: set[str] = set()
    changed = {record.ref: record for record in touched}
    dirty: set[str] = {record.profile_id for record in touched if record.profile_id}
    people: dict[str, list[MappedContact]] = {}
    regrouped = {record.profile_id for record in touched if record.is_deleted} - {None}
    for group in grouping.groups:
        living = [ref for ref in group if ref not in merged]
        if not living:
            continue
        profile_id = _claim(tx.account, living, set(group).difference(living), block, claimed)
        people[profile_id] = [contacts[ref] for ref in living]
        for ref in group:
            if block[ref].profile_id != profile_id:
                regrouped |= {profile_id, block[ref].profile_id}
            record = _placed(block[ref], contacts[ref], profile_id, grouping.issues_of(ref))
            if record is not block[ref]:
                dirty |= {profile_id, *filter(None, (block[ref].profile_id,))}
                changed[ref] = record
            elif ref in stored:
                dirty.add(profile_id)
    save_records(tx, list(changed.values()))
    _make_profiles(tx, claimed)
    place_members(tx, ruleset, people, regrouped=[name for name in regrouped if name])
    came_from = {
        ref: before.profile_id
        for ref, before in block.items()
        if ref in changed and before.profile_id != changed[ref].profile_id
    }
    _take_revocations_along(tx, came_from, changed, claimed)
    mark_dirty(tx, sorted(dirty))
    return Linked(said=contacts, came_from=came_from)


def _take_revocations_along(
    tx: Transaction,
    came_from: Mapping[RecordRef, str | None],
    changed: Mapping[RecordRef, StoredRecord],
    claimed: Container[str],
) -> None:
    """Have revocations go with their records, and with the rest of a profile that is no more."""
    moved = {ref: (old, changed[ref].profile_id) for ref, old in came_from.items() if old}
    follow_records(tx, {ref: new for ref, (_old, new) in moved.items() if new})
    gone = {old: new for old, new in moved.values() if new and old not in claimed}
    follow_profiles(tx, gone)


def _load_block(
    tx: Transaction,
    stored: Mapping[RecordRef, StoredRecord],
    contacts: dict[RecordRef, MappedContact],
    specs: Mapping[str, FactSpec],
) -> dict[RecordRef, StoredRecord]:
    """Load all records that share keys with the touched ones, directly or through others.

    What a CRM merged into one of them counts as its own. Those who were one person with a touched
    one are loaded as well: they may part now. Adds what all of them say to ``contacts``.
    """
    block = {ref: stored[ref] for ref in contacts}
    keys = {ref: _keys(record, contacts.get(ref)) for ref, record in stored.items()}
    save_match_keys(tx, keys)
    siblings = contacts_of(_siblings(tx, stored, block), specs)
    contacts |= siblings
    asked: set[str] = set()
    frontier = _asked_for(block, contacts)
    for _hop in range(MOST_HOPS):
        sharing = records_sharing_keys(tx, sorted(frontier - asked))
        asked |= frontier
        met = {ref for refs in sharing.values() for ref in refs} - set(stored) - set(block)
        loaded = load_records(tx, sorted(met))
        found = {ref: record for ref, record in loaded.items() if _counts(record)}
        if not found:
            break
        block |= found
        newly = contacts_of(found.values(), specs)
        contacts |= newly
        frontier = _asked_for(found, newly)
    return block


def _keys(record: StoredRecord, contact: MappedContact | None) -> frozenset[str]:
    """The keys a record is found by: none when it is gone, unless it was merged into another."""
    target = _target(record)
    if target is not None:
        return frozenset({own_key(record.ref), merge_key(target)})
    return match_keys(contact) if contact is not None else frozenset()


def _asked_for(
    records: Mapping[RecordRef, StoredRecord], contacts: Mapping[RecordRef, MappedContact]
) -> set[str]:
    """The keys that lead on: its own, of what was merged into it, and of what it was merged into."""
    keys = {merge_key(ref) for ref in records}
    keys |= {own_key(target) for record in records.values() if (target := _target(record))}
    return keys.union(*(match_keys(contacts[ref]) for ref in records))


def _target(record: StoredRecord) -> RecordRef | None:
    """The record that the CRM merged this one into, if it did."""
    if record.merged_into is None:
        return None
    other = RecordRef.parse(record.merged_into)
    if other is not None and other.system == record.ref.system:
        return other
    return record.ref._replace(id=record.merged_into)


def _siblings(
    tx: Transaction,
    stored: Mapping[RecordRef, StoredRecord],
    block: dict[RecordRef, StoredRecord],
) -> Iterable[StoredRecord]:
    """Find the other live records of the touched ones' profiles, and add them to ``block``."""
    profiles = {record.profile_id for record in stored.values() if record.profile_id}
    together = records_of_profiles(tx, sorted(profiles)).values() if profiles else ()
    found = {one.ref: one for group in together for one in group if one.ref not in stored}
    block |= found
    return found.values()


def _counts(record: StoredRecord) -> bool:
    """Whether a record has a say: it lives, or lives on in another."""
    return not record.is_deleted or record.merged_into is not None


def _claim(
    account: str,
    living: Sequence[RecordRef],
    merged: Iterable[RecordRef],
    block: Mapping[RecordRef, StoredRecord],
    claimed: set[str],
) -> str:
    """Keep the profile of the group's first record that has one nobody claimed; else a new one.

    Those that live go first; a lead that became a contact leaves it what is remembered of the person.
    """
    for ref in (*living, *sorted(merged)):
        present = block[ref].profile_id
        if present is not None and present not in claimed:
            claimed.add(present)
            return present
    profile_id = profile_id_of(account, living)
    while profile_id in claimed:
        profile_id = profile_id_of(profile_id, living)
    claimed.add(profile_id)
    return profile_id


def _placed(
    record: StoredRecord,
    contact: MappedContact,
    profile_id: str,
    unclear: Sequence[Issue],
) -> StoredRecord:
    """The record in its profile, with what is unclear among its issues; itself if unchanged."""
    if [issue for issue in contact.issues if issue in UNCLEAR] != list(unclear):
        others = [issue for issue in contact.issues if issue not in UNCLEAR]
        mapped = replace(contact, issues=(*others, *unclear))
        record = replace(record, mapped=mapped_to_json(mapped))
    return record if record.profile_id == profile_id else replace(record, profile_id=profile_id)


def _make_profiles(tx: Transaction, ids: Iterable[str]) -> None:
    known = load_profiles(tx, sorted(ids))
    missing = sorted(set(ids) - set(known))
    save_profiles(tx, [StoredProfile(id=name, shard=int(name[:4], 16)) for name in missing])
