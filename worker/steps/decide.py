"""The decide step: every profile that something touched, or that time alone has reached.

Batch by batch, each in one transaction: decisions, write intents, the roster's state and the next
due date. The thinking is in ``worker.core``; this loads, calls and stores.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.core.assignment import Roster
from worker.core.availability import first_of
from worker.core.decide import Decision, JudgedLead, decide_judged, judge_lead, with_decision
from worker.core.due import next_change_at
from worker.core.follow_up import FollowUpState
from worker.core.memory import Memory
from worker.core.plan import plan_write
from worker.core.policy import Verdict
from worker.ledger.assignments import end_assignments
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
from worker.ledger.roster import lock_roster
from worker.ledger.rows import (
    CLOSES,
    PART,
    WHOLE,
    Ending,
    Intent,
    Shard,
    StoredProfile,
    StoredRecord,
)
from worker.ledger.transaction import Transaction
from worker.steps.alarms import count_alarms, log_alarms
from worker.steps.choices import report_unlisted, with_lists
from worker.steps.contact_points import with_shut
from worker.steps.decided_rows import intents_of, new_decision, profile_after
from worker.steps.drift import refuse_missing_owners
from worker.steps.owners import (
    Owners,
    active_among,
    known_among,
    list_owners,
    note_twins,
    with_known_twins,
)
from worker.steps.revocations import review_revocations
from worker.steps.roll_up import RollUps
from worker.steps.roster import (
    load_roster,
    prepare_roster,
    save_rotation,
    store_assignments,
)
from worker.steps.snapshots import current_of, take_snapshots
from worker.steps.waiting import (
    Door,
    Outlook,
    close_door,
    due_by_availability,
    look_out,
    open_door,
    wake_waiting,
    walks,
)
from worker.steps.work import Work

STEP = "decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A lead with its verdict and when that changes by itself; ``revoked``: what is still to be shown."""

    profile: StoredProfile
    records: Sequence[StoredRecord]
    lead: JudgedLead
    change_at: datetime | None
    revoked: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """A lead with its decision, what is stored of it, and what is to be written to the CRM."""

    before: Memory
    decision: Decision
    profile: StoredProfile
    intents: Sequence[Intent]


def decide_profiles(work: Work, shard: Shard = WHOLE) -> None:
    """Decide all profiles of the shard that are dirty, due, or were decided by other rules.

    So are the leads of owners who left.
    """
    for done, total in decide_batches(work, shard):
        work.on_progress(STEP, done, total)
    log_alarms(work)
    report_unlisted(work)


def decide_batches(work: Work, shard: Shard = WHOLE) -> Iterator[tuple[int, int]]:
    """Decide batch by batch, each in one transaction; yields how many are done, and of how many.

    The roster is read anew for each batch, from what the batches before it have stored, so that a
    run that is killed and started again gives every lead to the same owner. Another worker may
    decide another shard meanwhile.
    """
    digest = work.ruleset.configuration.digest
    listed = list_owners(work)
    owners = known_among(listed)
    active = active_among(owners)
    work.count(STEP, looked_at=0, decided=0, confirmed=0, planned=0)
    with work.begin() as tx:
        lock_roster(tx)
        refuse_missing_owners(tx, active)
        note_configuration(tx, digest)
        note_twins(work, tx, listed)
        work = with_known_twins(work, tx)
        prepare_roster(work, tx, active)
        wake_due(tx, work.now)
        wake_waiting(work, tx)
        work = with_lists(work, tx)
        total = count_to_decide(tx, now=work.now, config_digest=digest, shard=shard)
    roll_ups = RollUps(ruleset=work.ruleset, now=work.now)
    done = 0
    for is_last in walks(work):
        after: str | None = None
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
                    break
                _decide_batch(work, tx, batch, roll_ups, owners, is_last=is_last)
            after = batch[-1].id
            done += len(batch)
            yield done, max(done, total)


def _decide_batch(
    work: Work,
    tx: Transaction,
    batch: Sequence[StoredProfile],
    roll_ups: RollUps,
    owners: Owners | None,
    *,
    is_last: bool,
) -> None:
    """Judge the leads of a batch; then, with the roster to ourselves, hand them out and store."""
    ids = [profile.id for profile in batch]
    records = records_of_profiles(tx, ids)
    gone = [profile for profile in batch if not records.get(profile.id)]
    outlook = look_out(work, tx, ids)
    judged = _judge(work, tx, batch, records, roll_ups, owners, outlook)
    lock_roster(tx)
    before = load_roster(work, tx, active_among(owners))
    door = open_door(work, tx, outlook, is_last=is_last)
    decided, roster = _hand_out(work, judged, gone, before, door)
    _store(work, tx, decided, [profile.id for profile in gone])
    close_door(work, tx, door, [one.decision for one in decided])
    save_rotation(tx, before.balances, roster.balances)
    _count(work, decided)


def _judge(
    work: Work,
    tx: Transaction,
    batch: Sequence[StoredProfile],
    records: Mapping[str, Sequence[StoredRecord]],
    roll_ups: RollUps,
    owners: Owners | None,
    outlook: Outlook,
) -> list[_Judged]:
    profiles = {profile.id: profile for profile in batch}
    snapshots = take_snapshots(work, tx, batch, records, roll_ups, owners)
    empty = [name for name in profiles if not records.get(name)]
    revoked = review_revocations(work, tx, snapshots, empty)
    found = []
    for known in with_shut(tx, work.ruleset, snapshots, revoked):
        snapshot = outlook.show(known)
        name, lead = snapshot.profile_id, judge_lead(work.ruleset, snapshot, work.now)
        change_at = next_change_at(work.ruleset, snapshot, lead.lead, lead.judgement)
        found.append(
            _Judged(
                profile=profiles[name],
                records=records[name],
                lead=lead,
                change_at=change_at,
                revoked=revoked.get(name, frozenset()),
            )
        )
    return found


def _hand_out(
    work: Work,
    judged: Sequence[_Judged],
    gone: Sequence[StoredProfile],
    roster: Roster,
    door: Door,
) -> tuple[list[_Decided], Roster]:
    """Decide one lead after the other, each with what those before it have taken or left behind."""
    found = []
    leaving = deque(gone)
    for one in judged:
        while leaving and leaving[0].id < one.profile.id:
            left = leaving.popleft()
            roster = roster.with_move(left.owner, None)
            door.leave(left.id)
        decision = decide_judged(work.ruleset, one.lead, roster, door.lists)
        if door.defers(decision):
            continue
        door.note(decision)
        before = one.lead.snapshot.memory
        roster = with_decision(roster, before, decision)
        current = current_of(one.records)
        plans = plan_write(
            work.ruleset, decision, current, revoked=one.revoked, options=work.options
        )
        was = one.profile.config_digest
        is_new_policy = was is not None and was != work.ruleset.configuration.digest
        change_at = first_of(one.change_at, due_by_availability(work, one.lead, decision))
        due_at = _due_at(decision, change_at)
        found.append(
            _Decided(
                before=before,
                decision=decision,
                profile=profile_after(work, one.profile, decision, due_at),
                intents=intents_of(work, decision, plans, is_new_policy=is_new_policy),
            )
        )
    return found, roster


def _store(work: Work, tx: Transaction, decided: Sequence[_Decided], empty: Sequence[str]) -> None:
    """Store decisions, intents, hand-offs and profiles; ``empty`` profiles have no live record."""
    append_decisions(
        tx, [new_decision(work, one.decision) for one in decided if one.decision.is_new]
    )
    supersede_open(tx, [*(one.profile.id for one in decided), *empty])
    add_intents(tx, [intent for one in decided for intent in one.intents])
    store_assignments(tx, [(one.before, one.decision) for one in decided], work.now)
    end_assignments(tx, empty, at=work.now, ending=Ending.GONE)
    save_profiles(tx, [one.profile for one in decided])
    delete_profiles(tx, empty)


def _due_at(decision: Decision, change_at: datetime | None) -> datetime | None:
    """When to decide again: as time changes the verdict, somebody may take a lead that waits, or the
    clock of its follow-up moves on.
    """
    again_at = decision.route.again_at if decision.route is not None else None
    moments = (change_at, again_at, decision.wake_at)
    return min((at for at in moments if at is not None), default=None)


def _count(work: Work, decided: Sequence[_Decided]) -> None:
    decisions = [one.decision for one in decided]
    new = sum(decision.is_new for decision in decisions)
    intents = [intent for one in decided for intent in one.intents]
    planned = sum(intent.causes.get(CLOSES) != PART for intent in intents)
    work.count(STEP, looked_at=len(decided), decided=new, confirmed=len(decided) - new)
    work.count(STEP, planned=planned)
    count_alarms(work, decisions)
    work.count("reasons", **Counter(d.reasons[0] for d in decisions if d.reasons))
    if moved := Counter(filter(None, (_clock_moved(one) for one in decided))):
        work.count("follow_up", **moved)
    verdicts = [decision.judgement.verdict for decision in decisions]
    work.count(STEP, **{verdict.value: verdicts.count(verdict) for verdict in Verdict})


def _clock_moved(one: _Decided) -> str | None:
    """Name the state that the clock of a follow-up has come to with this decision, if it moved."""
    before, after = one.before.follow_up, one.decision.memory.follow_up
    if after is None or after.state is FollowUpState.WAITING:
        return None
    was = (before.state, before.reassignments) if before is not None else None
    return None if was == (after.state, after.reassignments) else after.state.value
