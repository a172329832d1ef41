"""The roster as the ledger knows it: who has how much, and who has left.

Read anew for each batch of decisions, from what the batches before it have stored, and under a lock:
what this batch gives away is stored before another worker reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from worker.core.assignment import Balances, Roster
from worker.core.decide import Decision, is_given
from worker.core.memory import Memory
from worker.core.routing import is_active_owner, periods_of
from worker.ledger.assignments import begin_assignments, end_assignments, given_since
from worker.ledger.roster import (
    load_credits,
    mark_owners_dirty,
    open_by_owner,
    prune_credits,
    repair_loads,
    save_credits,
)
from worker.ledger.rows import Assignment, Ending
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.steps.work import Work

log = get_logger()


def prepare_roster(work: Work, tx: Transaction, active: frozenset[str] | None) -> None:
    """Set the roster right before a run decides: the loads, the rotation, and who has left."""
    if repaired := repair_loads(tx):
        log.warning("roster_loads_repaired", count=repaired)
    teams = work.ruleset.configuration.routing.teams.values()
    prune_credits(tx, {team.id: [member.id for member in team.members] for team in teams})
    _recall_leads(work, tx, active)


def _recall_leads(work: Work, tx: Transaction, active: frozenset[str] | None) -> None:
    """Have the leads of owners who are no longer active decided again."""
    if active is None:
        return
    policy = work.ruleset.configuration.routing
    owned = open_by_owner(tx)
    mark_owners_dirty(tx, [who for who in owned if not is_active_owner(policy, who, active)])


def load_roster(work: Work, tx: Transaction, active: frozenset[str] | None) -> Roster:
    """Read who has how much, according to the ledger."""
    since = periods_of(work.ruleset.configuration.routing, work.now)
    starts = {at for one in since.values() for at in (one.day_at, one.week_at)}
    given = {at: given_since(tx, at) for at in starts}
    return Roster(
        active=active,
        open=open_by_owner(tx),
        today={who: given[one.day_at].get(who, 0) for who, one in since.items()},
        week={who: given[one.week_at].get(who, 0) for who, one in since.items()},
        balances=load_credits(tx),
    )


def store_assignments(
    tx: Transaction, decided: Sequence[tuple[Memory, Decision]], at: datetime
) -> None:
    """End the hand-offs that these decisions end, and record those that they make.

    Each decision comes with what was remembered of the lead before it.
    """
    moved = [pair for pair in decided if _hand_off(pair[0]) != _hand_off(pair[1].memory)]
    passed_on = [one.profile_id for _, one in moved if one.memory.owner is not None]
    left = [one.profile_id for _, one in moved if one.memory.owner is None]
    end_assignments(tx, passed_on, at=at, ending=Ending.REASSIGNED)
    end_assignments(tx, left, at=at, ending=Ending.LEFT)
    begun = [_assignment(before, decision) for before, decision in moved]
    begin_assignments(tx, [row for row in begun if row is not None])


def _hand_off(memory: Memory) -> tuple[str | None, datetime | None]:
    return memory.owner, memory.assigned_at


def _assignment(before: Memory, decision: Decision) -> Assignment | None:
    memory, route = decision.memory, decision.route
    if memory.owner is None or memory.assigned_at is None or route is None:
        return None
    return Assignment(
        decision_id=decision.id,
        profile_id=decision.profile_id,
        owner=memory.owner,
        team=route.target,
        is_given=is_given(before, decision),
        reasons=route.reasons,
        assigned_at=memory.assigned_at,
    )


def save_rotation(tx: Transaction, before: Balances, after: Balances) -> None:
    """Store what the rotation moved, and nothing else."""
    save_credits(tx, {key: value for key, value in after.items() if before.get(key) != value})
