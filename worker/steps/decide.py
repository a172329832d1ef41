"""The decide step: every profile that something touched, or that time alone has reached.

Batch by batch, each in one transaction: decisions, write intents, the roster's state and the next
due date. The thinking is in ``worker.core``; this loads, calls and stores.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from worker.core.assignment import Roster
from worker.core.decide import Decision, decide, with_decision
from worker.core.due import next_change_at
from worker.core.field_map import Managed
from worker.core.identity import MergedLead
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import facts_to_json
from worker.core.plan import CurrentRecord, RecordPlan, plan_write
from worker.core.policy import Verdict
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.trace import decision_body, memory_to_json
from worker.ledger.decisions import append_decisions
from worker.ledger.outbox import add_intents, supersede_open
from worker.ledger.profiles import (
    count_to_decide,
    delete_profiles,
    next_to_decide,
    note_configuration,
    save_profiles,
    wake_due,
)
from worker.ledger.records import records_of_profiles
from worker.ledger.roster import save_credits
from worker.ledger.rows import (
    WHOLE,
    Intent,
    NewDecision,
    Shard,
    StoredProfile,
    StoredRecord,
)
from worker.ledger.transaction import Transaction
from worker.steps.contact_points import with_shut
from worker.steps.drift import refuse_missing_owners
from worker.steps.owners import Owners, active_among, known_owners
from worker.steps.revocations import review_revocations
from worker.steps.roll_up import RollUps
from worker.steps.roster import load_roster, recall_leads
from worker.steps.snapshots import take_snapshots
from worker.steps.work import Work

STEP = "decide"


def decide_profiles(work: Work, shard: Shard = WHOLE) -> None:
    """Decide all profiles of the shard that are dirty, due, or were decided by other rules.

    So are the leads of owners who left. The roster is read anew for each batch, from what the
    batches before it have stored, so that a run that is killed and started again gives every lead
    to the same owner.
    """
    digest = work.ruleset.configuration.digest
    owners = known_owners(work)
    active = active_among(owners)
    work.count(STEP, looked_at=0, decided=0, confirmed=0, planned=0)
    with work.begin() as tx:
        refuse_missing_owners(tx, active)
        note_configuration(tx, digest)
        recall_leads(work, tx, active)
        wake_due(tx, work.now)
        total = count_to_decide(tx, now=work.now, config_digest=digest, shard=shard)
    roll_ups = RollUps(ruleset=work.ruleset, now=work.now)
    after: str | None = None
    done = 0
    while True:
        with work.begin() as tx:
            batch = next_to_decide(
                tx,
                now=work.now,
                config_digest=digest,
                after=after,
                limit=work.batch,
                shard=shard,
            )
            if not batch:
                return
            _decide_batch(work, tx, batch, load_roster(work, tx, active), roll_ups, owners)
        after = batch[-1].id
        done += len(batch)
        work.on_progress(STEP, done, total)


def _decide_batch(
    work: Work,
    tx: Transaction,
    batch: Sequence[StoredProfile],
    roster: Roster,
    roll_ups: RollUps,
    owners: Owners | None,
) -> None:
    ids = [profile.id for profile in batch]
    records = records_of_profiles(tx, ids)
    snapshots = take_snapshots(work, tx, batch, records, roll_ups, owners)
    empty = [name for name in ids if not records.get(name)]
    decided: list[tuple[Decision, StoredProfile]] = []
    intents: list[Intent] = []
    profiles = {profile.id: profile for profile in batch}
    revoked = review_revocations(work, tx, snapshots, empty)
    for snapshot in with_shut(tx, work.ruleset, snapshots, revoked):
        profile = profiles[snapshot.profile_id]
        decision = decide(work.ruleset, snapshot, roster, work.now)
        roster = with_decision(roster, snapshot.memory, decision)
        due_at = _due_at(work, snapshot, decision)
        decided.append((decision, _profile_after(work, profile, decision, due_at)))
        current = _current(records[profile.id])
        to_show = revoked.get(profile.id, frozenset())
        plans = plan_write(work.ruleset, decision, current, revoked=to_show)
        was = profile.config_digest
        is_new_policy = was is not None and was != work.ruleset.configuration.digest
        intents += _intents(work, decision, plans, is_new_policy=is_new_policy)
    append_decisions(tx, [_new_decision(work, d) for d, _ in decided if d.is_new])
    supersede_open(tx, ids)
    add_intents(tx, intents)
    save_profiles(tx, [profile for _, profile in decided])
    delete_profiles(tx, empty)
    save_credits(tx, roster.balances)
    _count(work, decided, intents)


def _due_at(work: Work, snapshot: LeadSnapshot, decision: Decision) -> datetime | None:
    """When to decide again: as time changes the verdict, or a team that could not take it has another day."""
    due_at = next_change_at(work.ruleset, snapshot, decision.lead, decision.judgement)
    route = decision.route
    if route is None or _WAITING.isdisjoint(route.reasons):
        return due_at
    zone = work.ruleset.configuration.time_zone
    tomorrow = work.now.astimezone(zone).date() + timedelta(days=1)
    next_day_at = datetime.combine(tomorrow, time.min, zone).astimezone(UTC)
    return min(due_at or next_day_at, next_day_at)


_WAITING = frozenset({"ROUTE_TEAM_AT_CAPACITY", "ROUTE_ALL_REFUSED"})


def _current(records: Sequence[StoredRecord]) -> dict[RecordRef, CurrentRecord]:
    return {r.ref: CurrentRecord(values=r.values, written=r.written) for r in records}


def _profile_after(
    work: Work, profile: StoredProfile, decision: Decision, due_at: datetime | None
) -> StoredProfile:
    memory = decision.memory
    return replace(
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


def _new_decision(work: Work, decision: Decision) -> NewDecision:
    configuration = work.ruleset.configuration
    policy = configuration.policies.get(decision.judgement.pathway or "")
    activities = json.dumps([a.ref for a in decision.judgement.case.activities])
    sources = json.dumps(_sources(decision.lead))
    facts = facts_to_json(decision.lead.facts)
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
        inputs=f'{{"activities": {activities}, "facts": {facts}, "sources": {sources}}}',
    )


def _intents(
    work: Work, decision: Decision, plans: Sequence[RecordPlan], *, is_new_policy: bool
) -> list[Intent]:
    return [
        Intent(
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
        for plan in plans
    ]


def _intent_id(run_id: str, decision_id: str, ref: RecordRef) -> str:
    return hashlib.blake2b(f"{run_id}|{decision_id}|{ref}".encode(), digest_size=12).hexdigest()


def _causes(
    ruleset: Ruleset, decision: Decision, plan: RecordPlan, *, is_new_policy: bool
) -> dict[str, object]:
    """What guardrails count by, and what a mass change may have in common: codes and ids only."""
    judgement, route = decision.judgement, decision.route
    found = judgement.qualification
    system = ruleset.configuration.systems[plan.ref.system]
    object_map = system.find_object(plan.ref.object_type)
    targets = {w.target: w.managed for w in object_map.writes} if object_map else {}
    fields = [targets[name].value for name in plan.changes]
    digest = ruleset.configuration.digest[:12] if is_new_policy else None
    return {
        "stage": judgement.move.stage if Managed.STAGE.value in fields else None,
        "owner": decision.memory.owner if Managed.OWNER.value in fields else None,
        "pathway": judgement.pathway,
        "fields": fields,
        "overwrites": [targets[name].value for name in plan.changes if plan.expected[name]],
        "reasons": list(decision.reasons[:3]),
        "new policy": digest,
        "qualifying rule": found.carried_by if found else None,
        "gate": found.stopped_by if found else None,
        "routing rule": route.rule if route else None,
    }


def _count(
    work: Work, decided: Sequence[tuple[Decision, StoredProfile]], intents: Sequence[Intent]
) -> None:
    new = [decision for decision, _ in decided if decision.is_new]
    work.count(STEP, looked_at=len(decided), decided=len(new), confirmed=len(decided) - len(new))
    work.count(STEP, planned=len(intents))
    work.count("reasons", **Counter(d.reasons[0] for d, _ in decided if d.reasons))
    verdicts = [decision.judgement.verdict for decision, _ in decided]
    work.count(STEP, **{verdict.value: verdicts.count(verdict) for verdict in Verdict})
