"""What the next run would make of a lead, worked out from the ledger alone. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from worker.core.decide import Decision, decide
from worker.core.plan import RecordPlan, plan_write
from worker.core.policy import Verdict
from worker.core.testimony import Person, Prospect
from worker.ledger.profiles import load_profiles
from worker.ledger.records import records_of_profiles
from worker.ledger.rows import StoredProfile
from worker.ledger.transaction import Transaction
from worker.steps.contact_points import with_shut
from worker.steps.revocations import revoked_facts
from worker.steps.roll_up import RollUps
from worker.steps.roster import load_roster
from worker.steps.snapshots import current_of, take_snapshots
from worker.steps.waiting import look_out, open_door
from worker.steps.work import Work

NOTHING: frozenset[str] = frozenset()


def is_due(work: Work, profile: StoredProfile) -> bool:
    """Tell whether the next run decides a profile."""
    is_of_now = profile.config_digest == work.ruleset.configuration.digest
    is_late = profile.due_at is not None and profile.due_at <= work.now
    return profile.is_dirty or not is_of_now or is_late


def with_prospects(work: Work, tx: Transaction, people: Sequence[Person]) -> Iterator[Person]:
    """Add to each person what the next run would make of them, and what is still to be shown."""
    names = [person.profile_id for person in people if person.is_linked]
    profiles = load_profiles(tx, names)
    records = records_of_profiles(tx, names)
    roll_ups = RollUps(ruleset=work.ruleset, now=work.now)
    taken = take_snapshots(work, tx, list(profiles.values()), records, roll_ups, None)
    revoked = revoked_facts(tx, work.ruleset, taken)
    outlook = look_out(work, tx, names)
    lists = open_door(work, tx, outlook, is_last=True).lists
    roster = load_roster(work, tx, None)
    prospects = {}
    for known in with_shut(tx, work.ruleset, taken, revoked):
        decision = decide(work.ruleset, outlook.show(known), roster, work.now, lists)
        name = known.profile_id
        plans = plan_write(
            work.ruleset,
            decision,
            current_of(records[name]),
            revoked=revoked.get(name, NOTHING),
            options=work.options,
        )
        prospects[name] = _prospect(decision, plans)
    for person in people:
        name = person.profile_id
        if not person.is_linked:
            yield person
            continue
        found = prospects.get(name)
        yield replace(person, prospect=found, revoked=revoked.get(name, NOTHING))


def _prospect(decision: Decision, plans: Sequence[RecordPlan]) -> Prospect:
    judgement = decision.judgement
    return Prospect(
        standing=judgement.standing,
        move=judgement.move,
        owner=decision.memory.owner,
        is_on_hold=judgement.verdict is Verdict.HOLD,
        writes={plan.ref: frozenset(plan.changes) for plan in plans},
    )
