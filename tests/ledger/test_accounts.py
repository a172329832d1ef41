"""No function of the ledger sees or touches the rows of another account.

Every public function takes part: each is called as ``b``, once with nothing else in the ledger and
once with the same ids full of the rows of ``a``. Both times it must return the same, and the rows
of ``a`` must stay as they are.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from tests.ledger.examples import (
    HOUR,
    NOW,
    activity,
    assignment,
    audited,
    decision,
    intent,
    member,
    opening,
    place,
    profile,
    quarantined,
    record,
    ref,
    revocation,
    run,
    settlement,
)
from worker.core.availability import HeldBy
from worker.errors import RunStatus
from worker.ledger import (
    activities,
    assignments,
    audits,
    availability,
    bookmarks,
    closings,
    contact_points,
    decisions,
    leases,
    matches,
    members,
    outbox,
    profiles,
    quarantine,
    records,
    revocations,
    roster,
    runs,
    seal,
    settings,
    waiting,
)
from worker.ledger.engine import Ledger
from worker.ledger.rows import Bookmark, Ending, IntentState
from worker.ledger.tables import metadata
from worker.ledger.transaction import Transaction

MODULES = (
    activities,
    assignments,
    audits,
    availability,
    bookmarks,
    closings,
    contact_points,
    decisions,
    leases,
    matches,
    members,
    outbox,
    profiles,
    quarantine,
    records,
    revocations,
    roster,
    runs,
    seal,
    settings,
    waiting,
)
Call = Callable[[Transaction], Any]
ASKED = members.Asked(organisations=["acme"], kinds=["meeting"], since=NOW - HOUR)
DECIDING = {"now": NOW + 48 * HOUR, "config_digest": "c1"}

READS: dict[str, Call] = {
    "activities.activities_of": lambda tx: activities.activities_of(tx, [ref("1")], None),
    "audits.latest_audit": audits.latest_audit,
    "activities.load_activities": lambda tx: sorted(
        map(repr, activities.load_activities(tx, [activity("a1").ref]))
    ),
    "availability.availability_of": lambda tx: availability.availability_of(tx, [opening().ref]),
    "availability.load_availability": availability.load_availability,
    "availability.load_readers": lambda tx: availability.load_readers(tx, ["p1"]),
    "waiting.count_waiting": waiting.count_waiting,
    "waiting.held_lists": waiting.held_lists,
    "waiting.load_places": lambda tx: waiting.load_places(tx, ["p1"]),
    "waiting.places_held_by": lambda tx: waiting.places_held_by(tx, HeldBy.SLOW),
    "waiting.releases_since": lambda tx: waiting.releases_since(tx, "full", NOW),
    "bookmarks.load_bookmark": lambda tx: bookmarks.load_bookmark(tx, "hubspot", "contacts"),
    "contact_points.closed_points": lambda tx: contact_points.closed_points(tx, ["e1"]),
    "contact_points.records_after": lambda tx: contact_points.records_after(tx, None, 9),
    "decisions.count_decisions": lambda tx: decisions.count_decisions(tx, NOW + 48 * HOUR),
    "decisions.decisions_after": lambda tx: decisions.decisions_after(tx, 0, NOW + 48 * HOUR, 9),
    "decisions.history": lambda tx: decisions.history(tx, "p1"),
    "decisions.latest_decision": lambda tx: decisions.latest_decision(tx, "p1"),
    "decisions.load_decision": lambda tx: decisions.load_decision(tx, "d1"),
    "decisions.verify_chain": decisions.verify_chain,
    "leases.is_held": lambda tx: leases.is_held(tx, "sync", 1, NOW),
    "leases.holder_of": lambda tx: leases.holder_of(tx, "sync", NOW),
    "matches.count_matched": lambda tx: matches.count_matched(tx, "run1"),
    "matches.matched_writes": matches.matched_writes,
    "members.load_members": lambda tx: members.load_members(tx, ["p1"]),
    "members.count_members": lambda tx: members.count_members(tx, ["acme"]),
    "members.shared_actions": lambda tx: members.shared_actions(tx, ASKED, 9),
    "members.last_actions": lambda tx: members.last_actions(tx, ASKED, NOW, 9),
    "outbox.count_by_state": outbox.count_by_state,
    "outbox.find_followed": lambda tx: sorted(outbox.find_followed(tx, ["i1"])),
    "outbox.held_runs": outbox.held_runs,
    "outbox.latest_writes": lambda tx: outbox.latest_writes(tx, ["p1"]),
    "outbox.outcome_codes": lambda tx: outbox.outcome_codes(tx, "run9"),
    "outbox.outcome_counts": lambda tx: outbox.outcome_counts(tx, "run1"),
    "outbox.planned_causes": lambda tx: list(outbox.planned_causes(tx, "run1")),
    "outbox.planned_intents": lambda tx: list(outbox.planned_intents(tx)),
    "outbox.sending": lambda tx: outbox.sending(tx, "hubspot", 9),
    "assignments.assignments_of": lambda tx: assignments.assignments_of(tx, "p1"),
    "assignments.given_since": lambda tx: assignments.given_since(tx, NOW - 24 * HOUR),
    "assignments.open_assignments": lambda tx: assignments.open_assignments(tx, ["p1"]),
    "profiles.count_to_decide": lambda tx: profiles.count_to_decide(tx, **DECIDING),
    "profiles.find_example": lambda tx: profiles.find_example(
        tx, pathway="patient", verdict="qualified"
    ),
    "profiles.funnel": profiles.funnel,
    "roster.load_credits": roster.load_credits,
    "profiles.load_profiles": lambda tx: profiles.load_profiles(tx, ["p1"]),
    "profiles.next_to_decide": lambda tx: profiles.next_to_decide(
        tx, **DECIDING, after=None, limit=9
    ),
    "profiles.profiles_after": lambda tx: profiles.profiles_after(tx, "", 9),
    "roster.open_by_owner": roster.open_by_owner,
    "profiles.page_of_profiles": lambda tx: profiles.page_of_profiles(tx, after=None, limit=9),
    "quarantine.count_quarantine": quarantine.count_quarantine,
    "quarantine.list_quarantine": lambda tx: quarantine.list_quarantine(tx, 9),
    "records.count_profiles": records.count_profiles,
    "records.find_by_id": lambda tx: records.find_by_id(tx, "1"),
    "records.load_revisions": lambda tx: records.load_revisions(tx, [ref("1")]),
    "records.load_records": lambda tx: records.load_records(tx, [ref("1")]),
    "records.merged_of_profiles": lambda tx: records.merged_of_profiles(tx, ["p1"]),
    "records.records_of_profiles": lambda tx: records.records_of_profiles(tx, ["p1"]),
    "records.records_sharing_keys": lambda tx: records.records_sharing_keys(tx, ["k"]),
    "records.count_unseen": lambda tx: records.count_unseen(tx, "run9", "hubspot", "contacts"),
    "records.unseen": lambda tx: records.unseen(tx, "run0", "hubspot", "contacts", 9),
    "revocations.count_open_revocations": revocations.count_open_revocations,
    "revocations.open_revocations": lambda tx: list(revocations.open_revocations(tx)),
    "revocations.shown_revocations_of": lambda tx: revocations.shown_revocations_of(tx, [ref("1")]),
    "revocations.open_revocations_of": lambda tx: revocations.open_revocations_of(tx, ["p1"]),
    "runs.list_runs": lambda tx: runs.list_runs(tx, 9),
    "runs.load_run": lambda tx: runs.load_run(tx, "run1"),
    "seal.has_seal": seal.has_seal,
    "seal.unseal": seal.unseal,
    "settings.load_setting": lambda tx: settings.load_setting(tx, "configuration"),
}

ADDS: dict[str, Call] = {
    "assignments.begin_assignments": lambda tx: assignments.begin_assignments(
        tx, [assignment("d1")]
    ),
    "activities.save_activities": lambda tx: activities.save_activities(tx, [activity("a1")]),
    "audits.save_audit": lambda tx: audits.save_audit(tx, audited("run1")),
    "availability.save_availability": lambda tx: availability.save_availability(
        tx, [opening()], NOW
    ),
    "availability.save_readers": lambda tx: availability.save_readers(
        tx, {"p1": ("cardiology", "boston")}
    ),
    "waiting.save_places": lambda tx: waiting.save_places(tx, [place()]),
    "waiting.add_releases": lambda tx: waiting.add_releases(tx, {place().key: 2}, NOW),
    "bookmarks.save_bookmark": lambda tx: bookmarks.save_bookmark(
        tx, "hubspot", "contacts", Bookmark(value="9", map_digest="m")
    ),
    "contact_points.save_contact_points": lambda tx: contact_points.save_contact_points(
        tx, {ref("1"): {"e1": frozenset({"opt_out_email"})}}
    ),
    "decisions.append_decisions": lambda tx: decisions.append_decisions(tx, [decision("d1")]),
    "leases.acquire": lambda tx: leases.acquire(tx, "sync", "x", NOW, HOUR),
    "members.save_members": lambda tx: members.save_members(tx, [member("p1")]),
    "outbox.add_intents": lambda tx: outbox.add_intents(
        tx, [intent("i1"), intent("i2", state=IntentState.SENDING)]
    ),
    "profiles.note_configuration": lambda tx: profiles.note_configuration(tx, "c1"),
    "roster.save_credits": lambda tx: roster.save_credits(tx, {("east", "kim"): 1.0}),
    "profiles.save_profiles": lambda tx: profiles.save_profiles(tx, [profile("p1")]),
    "quarantine.replace_quarantine": lambda tx: quarantine.replace_quarantine(
        tx, "files", "contacts", [quarantined()]
    ),
    "records.mark_seen": lambda tx: records.mark_seen(tx, "run1", [ref("1")]),
    "records.save_match_keys": lambda tx: records.save_match_keys(tx, {ref("1"): frozenset("k")}),
    "records.save_records": lambda tx: records.save_records(tx, [record("1")]),
    "revocations.add_revocations": lambda tx: revocations.add_revocations(tx, [revocation("1")]),
    "runs.start_run": lambda tx: runs.start_run(tx, run("run1")),
    "settings.save_setting": lambda tx: settings.save_setting(tx, "other", "1"),
}

CHANGES: dict[str, Call] = {
    "assignments.end_assignments": lambda tx: assignments.end_assignments(
        tx, ["p1"], at=NOW, ending=Ending.LEFT
    ),
    "roster.lock_roster": roster.lock_roster,
    "roster.move_loads": lambda tx: roster.move_loads(tx, before={"kim": 3}, after={"lee": 1}),
    "roster.prune_credits": lambda tx: roster.prune_credits(tx, {"east": ["lee"]}),
    "roster.repair_loads": roster.repair_loads,
    "availability.confirm_availability": lambda tx: availability.confirm_availability(
        tx, "hubspot", "openings", NOW + HOUR
    ),
    "availability.wake_readers": lambda tx: availability.wake_readers(
        tx, [("cardiology", "boston")]
    ),
    "availability.delete_availability": lambda tx: availability.delete_availability(
        tx, [opening().ref]
    ),
    "waiting.delete_places": waiting.delete_places,
    "waiting.delete_releases": lambda tx: waiting.delete_releases(tx, NOW + HOUR),
    "outbox.adopt_planned": lambda tx: outbox.adopt_planned(tx, "run9"),
    "leases.renew": lambda tx: leases.renew(tx, "sync", 1, NOW, HOUR),
    "leases.release": lambda tx: leases.release(tx, "sync", 1),
    "members.mark_organisations_dirty": lambda tx: members.mark_organisations_dirty(tx, ["acme"]),
    "members.mark_colleagues_dirty": lambda tx: members.mark_colleagues_dirty(tx, [ref("1")]),
    "closings.let_closings_through": closings.let_closings_through,
    "closings.let_parts_follow": lambda tx: closings.let_parts_follow(tx, ["i1"]),
    "outbox.hold": lambda tx: outbox.hold(tx, "run9"),
    "outbox.release": lambda tx: outbox.release(tx, None),
    "outbox.claim": lambda tx: outbox.claim(tx, "hubspot", 9),
    "outbox.drop_followers": lambda tx: outbox.drop_followers(tx, ["i1"]),
    "outbox.give_back": lambda tx: outbox.give_back(tx, ["i1"]),
    "outbox.settle": lambda tx: outbox.settle(tx, [settlement("i2", matches=(ref("2"),))]),
    "outbox.supersede_open": lambda tx: outbox.supersede_open(tx, ["p1"]),
    "roster.mark_owners_dirty": lambda tx: roster.mark_owners_dirty(tx, ["anna", "o1"]),
    "profiles.mark_stages_dirty": lambda tx: profiles.mark_stages_dirty(tx, ["mql", "lead"]),
    "profiles.mark_dirty": lambda tx: profiles.mark_dirty(tx, ["p1"]),
    "profiles.mark_contacts_dirty": lambda tx: profiles.mark_contacts_dirty(tx, [ref("1")]),
    "profiles.wake_due": lambda tx: profiles.wake_due(tx, NOW + 48 * HOUR),
    "members.delete_members": lambda tx: members.delete_members(tx, ["p1"]),
    "profiles.delete_profiles": lambda tx: profiles.delete_profiles(tx, ["p1"]),
    "decisions.erase_inputs": lambda tx: decisions.erase_inputs(tx, ["p1"]),
    "activities.delete_activities": lambda tx: activities.delete_activities(
        tx, [activity("a1").ref]
    ),
    "records.clear_seen": lambda tx: records.clear_seen(tx, "run1"),
    "revocations.follow_records": lambda tx: revocations.follow_records(tx, {ref("1"): "p2"}),
    "revocations.follow_profiles": lambda tx: revocations.follow_profiles(tx, {"p2": "p3"}),
    "revocations.settle_revocations": lambda tx: revocations.settle_revocations(
        tx, [revocation("1")], NOW
    ),
    "runs.end_run": lambda tx: runs.end_run(
        tx, "run1", status=RunStatus.SUCCEEDED, ended_at=NOW, summary={}
    ),
    "runs.abandon_running": lambda tx: runs.abandon_running(tx, NOW),
}


def public_functions(module: ModuleType) -> Iterator[str]:
    """Name the functions of a module that take a transaction, imported ones of ``chain`` too."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        is_ours = function.__module__ in {module.__name__, "worker.ledger.chain"}
        takes_one = next(iter(inspect.signature(function).parameters), "") == "tx"
        if is_ours and takes_one and not name.startswith("_"):
            yield f"{module.__name__.rsplit('.', 1)[1]}.{name}"


def stored(ledger: Ledger, account: str) -> dict[str, set[str]]:
    """Every row of an account, by table."""
    with ledger.read() as tx:
        return {
            table.name: {
                repr(row)
                for row in tx.connection.execute(select(table).where(table.c.account == account))
            }
            for table in metadata.sorted_tables
        }


def call_all(ledger: Ledger) -> dict[str, str]:
    """Read, add, read, change, read; what each call returned."""
    answers = {}
    for stage, calls in enumerate((READS, ADDS, READS, CHANGES, READS)):
        for name, call in calls.items():
            with ledger.begin() as tx:
                answers[f"{stage} {name}"] = repr(call(tx))
    return answers


def test_every_function_takes_part() -> None:
    listed = READS.keys() | ADDS.keys() | CHANGES.keys()
    assert listed == {name for module in MODULES for name in public_functions(module)}


def test_no_function_crosses_accounts(
    opened: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.ledger.decisions.secrets.token_hex", lambda size: "0" * size)
    with opened("b").rehearsal() as alone:
        expected = call_all(alone)
    other = opened("a")
    with other.begin() as tx:
        for add in ADDS.values():
            add(tx)
    before = stored(other, "a")
    assert call_all(opened("b")) == expected
    assert stored(other, "a") == before
