"""Looking into the ledger: the changes of a plan, and the whole explanation of one lead. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from worker.core.assignment import Roster
from worker.core.counterfactual import smallest_change
from worker.core.decide import Decision, decide
from worker.core.due import next_change_at
from worker.core.plan import CurrentRecord, plan_write
from worker.core.records import RecordRef
from worker.core.trace import Json, decision_body
from worker.errors import NotFoundError
from worker.ledger.activities import activities_of
from worker.ledger.decisions import latest_decision
from worker.ledger.outbox import planned_intents
from worker.ledger.profiles import load_profiles
from worker.ledger.records import find_by_id, load_records, records_of_profiles
from worker.ledger.rows import StoredDecision
from worker.ledger.transaction import Transaction
from worker.report.explain import LeadReport
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
    with work.ledger.read() as tx:
        profile_id = find_profile(tx, reference)
        profile = load_profiles(tx, [profile_id])[profile_id]
        records = records_of_profiles(tx, [profile_id]).get(profile_id, [])
        refs = [record.ref for record in records]
        activities = activities_of(tx, refs, since=work.now - LOOK_BACK)
        stored = latest_decision(tx, profile_id)
    if not records:
        raise NotFoundError("No live record of this lead is left in any CRM.")
    snapshot = take_snapshot(work.ruleset, profile, records, activities)
    today = decide(work.ruleset, snapshot, Roster(), work.now)
    due_at = next_change_at(work.ruleset, snapshot, today.lead, today.judgement)
    inputs = json.loads(stored.inputs) if stored is not None and stored.inputs else {}
    current = {r.ref: CurrentRecord(values=r.values, written=r.written) for r in records}
    return LeadReport(
        reference=str(records[0].ref) if reference == profile_id else reference,
        profile_id=profile_id,
        decision=_decision_json(stored) if stored else None,
        body=json.loads(stored.body if stored else decision_body(work.ruleset, today)),
        facts=inputs.get("facts", {}),
        sources=inputs.get("sources", {}),
        today=_today_json(today),
        writes=plan_write(work.ruleset, today, current),
        smallest=smallest_change(work.ruleset, today.judgement),
        next_change_at=due_at.isoformat() if due_at else None,
    )


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
        "verdict": today.judgement.verdict.value,
        "stage": today.judgement.move.stage,
        "owner": today.memory.owner,
        "reasons": list(today.reasons),
    }
