"""What is stored of a decision: its profile, its place in the chain, and its write intents.

Pure: rows are made here and stored by the decide step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from worker.core.decide import Decision
from worker.core.field_map import Managed
from worker.core.identity import MergedLead
from worker.core.json_text import write_json
from worker.core.mapping import plain_facts
from worker.core.plan import RecordPlan
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.trace import decision_body, memory_to_json
from worker.ledger.closings import PART_SUFFIX
from worker.ledger.rows import ALONE, CLOSES, PART, Intent, NewDecision, StoredProfile
from worker.steps.sequences import steps_of
from worker.steps.work import Work


def profile_after(
    work: Work, profile: StoredProfile, decision: Decision, due_at: datetime | None
) -> StoredProfile:
    """Give the profile as it stands after the decision, to be looked at again at ``due_at``."""
    memory = decision.memory
    return msgspec.structs.replace(
        profile,
        is_dirty=False,
        due_at=due_at,
        config_digest=work.ruleset.configuration.digest,
        pathway=memory.pathway,
        verdict=memory.verdict,
        stage=memory.stage,
        stage_since=memory.stage_since,
        owner=memory.owner,
        assigned_at=memory.assigned_at,
        next_step_due_at=memory.next_step_due_at,
        decision_id=memory.decision_id,
        memory=memory_to_json(memory),
    )


def _sources(lead: MergedLead) -> dict[str, str]:
    """Name the record each fact comes from, or the facts it was derived from."""
    found = {fact: str(ref) for fact, ref in sorted(lead.sources.items())}
    return found | {fact: f"derived from {of}" for fact, of in sorted(lead.derived.items())}


def new_decision(work: Work, decision: Decision) -> NewDecision:
    """Give the row of the chain; facts lie beside it, so that they can be erased."""
    configuration = work.ruleset.configuration
    policy = configuration.policies.get(decision.judgement.pathway or "")
    inputs = {
        "activities": [activity.ref for activity in decision.judgement.case.activities],
        "facts": plain_facts(decision.lead.facts),
        "sources": _sources(decision.lead),
    }
    return NewDecision(
        id=decision.id,
        profile_id=decision.profile_id,
        run_id=work.run_id,
        decided_at=decision.decided_at,
        pathway=decision.judgement.pathway,
        verdict=decision.judgement.verdict,
        stage=decision.memory.stage,
        owner=decision.memory.owner,
        policy_version=f"{policy.pathway} {policy.version}" if policy else "",
        policy_digest=policy.digest if policy else "",
        config_digest=configuration.digest,
        body=decision_body(work.ruleset, decision),
        inputs=write_json(inputs),
    )


def intents_of(
    work: Work, decision: Decision, plans: Sequence[RecordPlan], *, is_new_policy: bool
) -> list[Intent]:
    """Give one intent for each record to be written, or two where a stage is cleared first."""
    found: list[Intent] = []
    for plan in plans:
        intent = Intent(
            id=_intent_id(work.run_id, decision.id, plan.ref),
            run_id=work.run_id,
            decision_id=decision.id,
            profile_id=decision.profile_id,
            system=plan.ref.system,
            object_type=plan.ref.object_type,
            record_id=plan.ref.id,
            changes=plan.changes,
            expected=plan.expected,
            causes=_causes(work.ruleset, decision, plan, is_new_policy=is_new_policy),
            created_at=work.now,
        )
        if plan.closing is not None:
            intent, part = _parted(work.ruleset, intent, plan, plan.closing)
            found += part
        found += steps_of(intent, plan.clears)
    return found


def _parted(
    ruleset: Ruleset, intent: Intent, plan: RecordPlan, closing: RecordPlan
) -> tuple[Intent, tuple[Intent, ...]]:
    """Mark what only closes; beside more, it is kept as a part of its own, should the rest be held."""
    if plan.changes.items() <= closing.changes.items():
        return replace(intent, causes={**intent.causes, CLOSES: ALONE}), ()
    fields = [managed.value for managed in _managed(ruleset, closing)]
    part = replace(
        intent,
        id=f"{intent.id}{PART_SUFFIX}",
        changes=closing.changes,
        expected=closing.expected,
        causes={CLOSES: PART, "fields": fields},
    )
    return intent, (part,)


def _intent_id(run_id: str, decision_id: str, ref: RecordRef) -> str:
    return hashlib.blake2b(f"{run_id}|{decision_id}|{ref}".encode(), digest_size=12).hexdigest()


def _causes(
    ruleset: Ruleset, decision: Decision, plan: RecordPlan, *, is_new_policy: bool
) -> dict[str, object]:
    """What guardrails count by, and what a mass change may have in common: codes and ids only."""
    judgement, route = decision.judgement, decision.route
    found = judgement.qualification
    fields = [managed.value for managed in _managed(ruleset, plan)]
    digest = ruleset.configuration.digest[:12] if is_new_policy else None
    return {
        "stage": judgement.move.stage if Managed.STAGE.value in fields else None,
        "owner": decision.memory.owner if Managed.OWNER.value in fields else None,
        "pathway": judgement.pathway,
        "fields": fields,
        "overwrites": [
            f for f, name in zip(fields, plan.changes, strict=True) if plan.expected[name]
        ],
        "reasons": list(decision.reasons[:3]),
        "new policy": digest,
        "qualifying rule": found.carried_by if found else None,
        "gate": found.stopped_by if found else None,
        "routing rule": route.rule if route else None,
    }


def _managed(ruleset: Ruleset, plan: RecordPlan) -> list[Managed]:
    """Name what a plan changes, in its order."""
    object_map = ruleset.configuration.systems[plan.ref.system].find_object(plan.ref.object_type)
    targets = {w.target: w.managed for w in object_map.writes} if object_map else {}
    return [targets[name] for name in plan.changes]
