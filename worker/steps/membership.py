"""Membership: which organisation each profile belongs to, kept as records are linked.

What somebody does may concern everybody in the organisation. It is marked so in the transaction that
learns of it. Where no criterion asks, nobody is placed, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from worker.core.judgement import LeadSnapshot, merge_lead
from worker.core.mapping import MappedContact
from worker.core.organisations import counts_as_member, organisation_key
from worker.core.ruleset import Ruleset
from worker.ledger.members import (
    delete_members,
    load_members,
    mark_colleagues_dirty,
    mark_organisations_dirty,
    save_members,
)
from worker.ledger.profiles import profiles_after
from worker.ledger.records import records_of_profiles
from worker.ledger.rows import Member, StoredActivity
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction
from worker.steps.stored import contact_of
from worker.steps.work import Work

PLACED_BY = "members placed by"
"""The configuration by which every profile was placed in its organisation."""


def place_members(
    tx: Transaction,
    ruleset: Ruleset,
    people: Mapping[str, Sequence[MappedContact]],
    *,
    regrouped: Collection[str] = (),
) -> None:
    """Note to which organisation these profiles belong, given the records of each.

    Whoever belongs together with one that came, left or changed its part is decided again, and so
    are those with one of the ``regrouped``: profiles that gained or lost a record.
    """
    if ruleset.asks is None:
        return
    after = {name: _member_of(tx, ruleset, name, people[name]) for name in people}
    before = load_members(tx, {*people, *regrouped})
    changed = [name for name, member in after.items() if member != before.get(name)]
    save_members(tx, [member for name in changed if (member := after[name]) is not None])
    delete_members(tx, [name for name in changed if after[name] is None])
    concerned = [(before.get(name), after.get(name)) for name in {*changed, *regrouped}]
    theirs = {member.organisation for both in concerned for member in both if member is not None}
    mark_organisations_dirty(tx, sorted(theirs))


def _member_of(
    tx: Transaction, ruleset: Ruleset, profile_id: str, contacts: Sequence[MappedContact]
) -> Member | None:
    if not contacts:
        return None
    snapshot = LeadSnapshot(profile_id=profile_id, contacts=tuple(contacts))
    facts = merge_lead(ruleset, snapshot).facts
    key = organisation_key(facts, ruleset.configuration.organisations)
    if key is None:
        return None
    role = facts.get("role")
    return Member(
        profile_id=profile_id,
        organisation=tx.blind(key),
        role=role if isinstance(role, str) else None,
        is_counted=counts_as_member(facts),
    )


def note_actions(tx: Transaction, ruleset: Ruleset, news: Iterable[StoredActivity]) -> None:
    """Have the colleagues of whoever did something that concerns them decided again."""
    asks = ruleset.asks
    if asks is not None:
        told = {one.contact for one in news if not one.is_excluded and asks.concerns(one.kind)}
        mark_colleagues_dirty(tx, sorted(told))


def place_all(work: Work) -> None:
    """Place every profile anew when the configuration is not the one they were placed by."""
    digest = work.ruleset.configuration.digest
    with work.ledger.read() as tx:
        if load_setting(tx, PLACED_BY) == digest:
            return
    after = ""
    while True:
        with work.begin() as tx:
            names = _next_to_place(tx, work, after)
            place_members(tx, work.ruleset, _people(tx, work.ruleset, names))
            if len(names) < work.batch:
                save_setting(tx, PLACED_BY, digest)
                return
        after = names[-1]


def _next_to_place(tx: Transaction, work: Work, after: str) -> list[str]:
    """List the next profiles; none where no criterion asks, and then nothing is kept either."""
    if work.ruleset.asks is None:
        delete_members(tx)
        return []
    return profiles_after(tx, after, work.batch)


def _people(
    tx: Transaction, ruleset: Ruleset, names: Sequence[str]
) -> dict[str, list[MappedContact]]:
    specs = ruleset.configuration.facts
    found = records_of_profiles(tx, names)
    return {name: [contact_of(r, specs) for r in found.get(name, ())] for name in names}
