"""Looking into the ledger: the changes of a plan, and the whole explanation of one lead. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from worker.core.assignment import Roster
from worker.core.availability import WaitingLists, first_of
from worker.core.case_safe_ids import forms_of
from worker.core.counterfactual import smallest_change
from worker.core.decide import Decision, JudgedLead, decide
from worker.core.due import next_change_at
from worker.core.exclusions import LOOK_BACK
from worker.core.hand_off_texts import hand_off_texts
from worker.core.judgement import LeadSnapshot
from worker.core.plan import plan_write
from worker.core.records import RecordRef, WriteOutcome
from worker.core.testimony import WriteState
from worker.core.trace import Json, decision_body
from worker.errors import NotFoundError
from worker.ledger.activities import activities_of, load_activities
from worker.ledger.decisions import latest_decision, load_decision
from worker.ledger.outbox import latest_writes, planned_intents
from worker.ledger.profiles import load_profiles
from worker.ledger.records import (
    find_by_id,
    load_records,
    merged_of_profiles,
    records_of_profiles,
)
from worker.ledger.rows import StoredActivity, StoredDecision, StoredProfile, StoredRecord
from worker.ledger.transaction import Transaction
from worker.report.explain import LeadReport
from worker.steps.choices import with_lists
from worker.steps.contact_points import with_shut
from worker.steps.owners import Owners, active_among, owners_if_told, with_known_twins
from worker.steps.revocations import revoked_facts
from worker.steps.roll_up import RollUps
from worker.steps.roster import load_roster
from worker.steps.snapshots import current_of, take_snapshot
from worker.steps.waiting import due_by_availability, look_out, open_door
from worker.steps.work import Work

DELETED = "This lead was deleted in the CRM, or is not read any more. Nothing is decided about it."


def find_profile(tx: Transaction, text: str) -> StoredProfile:
    """Find the profile that ``system:object_type:id`` or the id of a record, profile or decision names.

    Of a record of Salesforce, either form of its id will do: people copy the short one.

    Raises:
        NotFoundError: nothing is called so, more than one record is, or it was deleted.
    """
    found = load_profiles(tx, [text])
    if text in found:
        return found[text]
    decision = load_decision(tx, text)
    stored = load_records(tx, _records_named(tx, text, decision))
    names = {record.profile_id for record in stored.values() if record.profile_id}
    names |= {decision.profile_id} if decision is not None and not names else set()
    if len(names) > 1:
        choices = ", ".join(str(found) for found in sorted(stored))
        raise NotFoundError(f"More than one record has this id. Name one of: {choices}.")
    profiles = load_profiles(tx, names)
    if not profiles:
        raise NotFoundError(DELETED if stored or decision is not None else None)
    return next(iter(profiles.values()))


def _records_named(tx: Transaction, text: str, decision: StoredDecision | None) -> list[RecordRef]:
    """The records a text means; those of a decision may belong to another profile by now."""
    if decision is not None:
        refs = map(RecordRef.parse, json.loads(decision.body)["records"])
        return [ref for ref in refs if ref is not None]
    ref = RecordRef.parse(text)
    if ref is None:
        return find_by_id(tx, forms_of(text))
    return [ref._replace(id=form) for form in forms_of(ref.id)]


def held_changes(tx: Transaction, run_id: str | None) -> Iterator[dict[str, Json]]:
    """Yield every held change of a run, or of all, one field at a time."""
    for intent in planned_intents(tx, run_id, held=True):
        reasons = intent.causes.get("reasons")
        for name in sorted(intent.changes):
            yield {
                "system": intent.system,
                "object_type": intent.object_type,
                "id": intent.record_id,
                "field": name,
                "before": intent.expected.get(name),
                "after": intent.changes[name],
                "reasons": list(reasons) if isinstance(reasons, (list, tuple)) else [],
            }


def report_lead(work: Work, reference: str) -> LeadReport:
    """Gather everything about one lead: the decision that stands, and what deciding now would give.

    Raises:
        NotFoundError: the reference names nothing in the ledger.
    """
    owners = owners_if_told(work)
    with work.ledger.read() as tx:
        work = with_known_twins(with_lists(work, tx), tx)
        profile = find_profile(tx, reference)
        records = records_of_profiles(tx, [profile.id]).get(profile.id, [])
        refs = [record.ref for record in records]
        latest = latest_decision(tx, profile.id)
        stored = load_decision(tx, reference) or latest
        roster = load_roster(work, tx, active_among(owners))
        counted = _counted_actions(tx, stored)
        refused = _refused(latest_writes(tx, [profile.id]), refs)
        if not records:
            raise NotFoundError(DELETED)
        taken = _snapshot_of(work, tx, profile, records, owners)
        open_ones = revoked_facts(tx, work.ruleset, [taken])
        revoked = open_ones.get(profile.id, frozenset())
        outlook = look_out(work, tx, [profile.id])
        lists = open_door(work, tx, outlook, is_last=True).lists
        known = next(with_shut(tx, work.ruleset, [taken], {profile.id: revoked}))
    today, due_at = _decide_today(work, outlook.show(known), roster, lists)
    inputs = json.loads(stored.inputs) if stored is not None and stored.inputs else {}
    return LeadReport(
        reference=_name_of(records, reference),
        profile_id=profile.id,
        decision=_decision_json(stored) if stored else None,
        latest_decision=latest.id if latest else None,
        body=json.loads(stored.body if stored else decision_body(work.ruleset, today)),
        facts=inputs.get("facts", {}),
        sources=inputs.get("sources", {}),
        today=_today_json(today),
        writes=plan_write(
            work.ruleset, today, current_of(records), revoked=revoked, options=work.options
        ),
        smallest=smallest_change(work.ruleset, today.judgement),
        next_change_at=due_at.isoformat() if due_at else None,
        of_others=_of_others(counted, refs),
        hand_off=tuple(hand_off_texts(work.ruleset, today, refs)),
        records=tuple(sorted(map(str, refs))),
        refused=refused,
        edits=tuple(_edits_of_people(records)),
        action_sources={str(a.ref): a.source for a in counted if a.source is not None},
    )


def _snapshot_of(
    work: Work,
    tx: Transaction,
    profile: StoredProfile,
    records: Sequence[StoredRecord],
    owners: Owners | None,
) -> LeadSnapshot:
    """Put together what is known of a lead now."""
    refs = [record.ref for record in records]
    activities = activities_of(tx, refs, since=work.now - LOOK_BACK)
    merged = merged_of_profiles(tx, [profile.id]).get(profile.id, [])
    roll_ups = RollUps(ruleset=work.ruleset, now=work.now)
    membership = roll_ups.memberships(tx, [profile.id]).get(profile.id)
    return take_snapshot(work.ruleset, profile, records, activities, membership, owners, merged)


def _refused(
    writes: Mapping[RecordRef, Sequence[WriteState]], refs: Sequence[RecordRef]
) -> dict[RecordRef, WriteState]:
    """Find the records whose last write was refused, with the last that its CRM named as the same."""
    found: dict[RecordRef, WriteState] = {}
    for ref in refs:
        settled = (write for write in writes.get(ref, ()) if write.outcome is not None)
        last = [*takewhile(lambda write: write.outcome == WriteOutcome.REJECTED, settled)]
        if last:
            named = next((write.matches for write in last if write.matches), ())
            found[ref] = replace(last[0], matches=named)
    return found


def _decide_today(
    work: Work, snapshot: LeadSnapshot, roster: Roster, lists: WaitingLists
) -> tuple[Decision, datetime | None]:
    """Decide a lead as it would be decided now, and say when time alone changes that."""
    today = decide(work.ruleset, snapshot, roster, work.now, lists)
    judged = JudgedLead(snapshot=snapshot, lead=today.lead, judgement=today.judgement)
    change_at = next_change_at(work.ruleset, snapshot, today.lead, today.judgement)
    return today, first_of(change_at, due_by_availability(work, judged, today))


def _edits_of_people(records: Iterable[StoredRecord]) -> Iterator[dict[str, Json]]:
    """Say which stage and owner a person set, when, and by kind and id who, where the CRM tells."""
    for one in records:
        noted = (
            ("stage", one.stage_set_by_person_at, one.stage_set_by),
            ("owner", one.owner_set_by_person_at, one.owner_set_by),
        )
        for what, at, by in noted:
            if at is not None:
                yield {"record": str(one.ref), "what": what, "at": at.isoformat(), "by": by}


def _counted_actions(tx: Transaction, stored: StoredDecision | None) -> list[StoredActivity]:
    """Read the actions that a decision counted, as far as the ledger still has them."""
    found = (json.loads(stored.body).get("qualification") if stored else None) or {}
    evidence = {ref for trace in found.get("criteria", ()) for ref in trace["evidence"]}
    named = [ref for ref in map(RecordRef.parse, sorted(evidence)) if ref is not None]
    return sorted(load_activities(tx, named), key=lambda a: (a.ref, a.contact))


def _of_others(counted: Iterable[StoredActivity], own: Sequence[RecordRef]) -> dict[str, list[str]]:
    """Say whose each counted action is that none of the lead's own records has."""
    told: dict[str, list[str]] = {}
    for activity in counted:
        told.setdefault(str(activity.ref), []).append(str(activity.contact))
    mine = {str(ref) for ref in own}
    return {action: sorted(who) for action, who in told.items() if mine.isdisjoint(who)}


def _name_of(records: Sequence[StoredRecord], reference: str) -> str:
    """Call the lead as the CRM does, also when it was asked for by one of our own ids."""
    asked = RecordRef.parse(reference)
    forms = forms_of(reference if asked is None else asked.id)
    named = [record.ref for record in records if record.ref.id in forms]
    is_theirs = any(reference in (ref.id, str(ref)) for ref in named)
    return reference if is_theirs else str((named or [records[0].ref])[0])


def _decision_json(stored: StoredDecision) -> dict[str, Json]:
    return {
        "id": stored.id,
        "seq": stored.seq,
        "decided_at": stored.decided_at.isoformat(),
        "run": stored.run_id,
        "policy": stored.policy_version,
        "policy_digest": stored.policy_digest,
        "config_digest": stored.config_digest,
        "hash": stored.hash,
    }


def _today_json(today: Decision) -> dict[str, Json]:
    return {
        "now": today.decided_at.isoformat(),
        "is_new": today.is_new,
        "pathway": today.judgement.pathway,
        "verdict": today.judgement.verdict.value,
        "stage": today.judgement.move.stage,
        "owner": today.memory.owner,
        "reasons": list(today.reasons),
    }
