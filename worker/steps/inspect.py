"""Looking into the ledger: the changes of a plan, and the whole explanation of one lead. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.core.assignment import Roster
from worker.core.counterfactual import SmallestChange, smallest_change
from worker.core.decide import Decision, LeadSnapshot, decide
from worker.core.due import next_change_at
from worker.core.identity import merge_contacts
from worker.core.plan import CurrentRecord, RecordPlan, plan_write
from worker.core.records import RecordRef
from worker.core.trace import Json, decision_body
from worker.errors import NotFoundError
from worker.ledger.activities import activities_of
from worker.ledger.decisions import latest_decision
from worker.ledger.outbox import planned_intents
from worker.ledger.profiles import load_profiles
from worker.ledger.records import find_by_id, load_records, records_of_profiles
from worker.ledger.rows import StoredDecision, StoredRecord
from worker.ledger.transaction import Transaction
from worker.steps.decide import LOOK_BACK, take_snapshot
from worker.steps.work import Work


def find_profile(tx: Transaction, text: str) -> str:
    """Find the profile that ``system:object_type:id``, a record id or a profile id names.

    Raises:
        NotFoundError: nothing is called so, or more than one record is.
    """
    if load_profiles(tx, [text]):
        return text
    ref = RecordRef.parse(text)
    refs = [ref] if ref is not None else find_by_id(tx, text)
    stored = load_records(tx, refs)
    profiles = {record.profile_id for record in stored.values() if record.profile_id}
    if len(profiles) > 1:
        choices = ", ".join(str(found) for found in sorted(stored))
        raise NotFoundError(f"More than one record has this id. Name one of: {choices}.")
    if not profiles:
        raise NotFoundError
    return profiles.pop()


def planned_changes(tx: Transaction, run_id: str) -> Iterator[dict[str, Json]]:
    """Yield every planned change of a run, one field at a time."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All there is to say of one lead.

    ``stored`` is the decision that stands, ``body`` its trace and ``facts`` what it read (None
    once erased). ``today`` is what deciding now would give, with the writes it would plan.
    """

    profile_id: str
    records: tuple[StoredRecord, ...]
    stored: StoredDecision | None
    body: Mapping[str, Json]
    facts: Mapping[str, Json] | None
    sources: Mapping[str, Json]
    snapshot: LeadSnapshot
    today: Decision
    writes: tuple[RecordPlan, ...]
    smallest: SmallestChange | None
    next_change_at: str | None


def inspect_lead(work: Work, reference: str) -> Inspection:
    """Gather everything about one lead.

    Raises:
        NotFoundError: the reference names nothing in the ledger.
    """
    with work.ledger.read() as tx:
        profile_id = find_profile(tx, reference)
        profile = load_profiles(tx, [profile_id])[profile_id]
        records = tuple(records_of_profiles(tx, [profile_id]).get(profile_id, ()))
        refs = [record.ref for record in records]
        activities = activities_of(tx, refs, since=work.now - LOOK_BACK)
        stored = latest_decision(tx, profile_id)
    if not records:
        raise NotFoundError("No live record of this lead is left in any CRM.")
    snapshot = take_snapshot(work.ruleset, profile, records, activities)
    today = decide(work.ruleset, snapshot, Roster(), work.now)
    due_at = next_change_at(
        work.ruleset, snapshot, merge_contacts(snapshot.contacts), today.judgement
    )
    inputs = json.loads(stored.inputs) if stored is not None and stored.inputs else {}
    return Inspection(
        profile_id=profile_id,
        records=records,
        stored=stored,
        body=json.loads(stored.body if stored else decision_body(work.ruleset, today)),
        facts=inputs.get("facts"),
        sources=inputs.get("sources", {}),
        snapshot=snapshot,
        today=today,
        writes=plan_write(work.ruleset, today, _current(records)),
        smallest=smallest_change(work.ruleset, today.judgement),
        next_change_at=due_at.isoformat() if due_at else None,
    )


def _current(records: tuple[StoredRecord, ...]) -> dict[RecordRef, CurrentRecord]:
    return {r.ref: CurrentRecord(values=r.values, written=r.written) for r in records}
