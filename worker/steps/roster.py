"""The roster as the ledger knows it: who has how much, and who has left.

Read anew for each batch of decisions, from what the batches before it have stored.
"""

from __future__ import annotations

from worker.core.assignment import Roster
from worker.core.routing import is_active_owner, periods_of
from worker.ledger.roster import (
    assigned_since,
    load_credits,
    mark_owners_dirty,
    open_by_owner,
)
from worker.ledger.transaction import Transaction
from worker.steps.work import Work


def recall_leads(work: Work, tx: Transaction, active: frozenset[str] | None) -> None:
    """Have the leads of owners who are no longer active decided again."""
    if active is None:
        return
    policy = work.ruleset.configuration.routing
    owned = open_by_owner(tx)
    mark_owners_dirty(tx, [who for who in owned if not is_active_owner(policy, who, active)])


def load_roster(work: Work, tx: Transaction, active: frozenset[str] | None) -> Roster:
    """Read who has how much, according to the ledger."""
    since = periods_of(work.ruleset.configuration.routing, work.now)
    days = {at: assigned_since(tx, at) for at in {one.day_at for one in since.values()}}
    weeks = {at: assigned_since(tx, at) for at in {one.week_at for one in since.values()}}
    return Roster(
        active=active,
        open=open_by_owner(tx),
        today={who: days[one.day_at].get(who, 0) for who, one in since.items()},
        week={who: weeks[one.week_at].get(who, 0) for who, one in since.items()},
        balances=load_credits(tx),
    )
