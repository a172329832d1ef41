"""The roster as the ledger knows it: who has how much, and who has left.

Read anew for each batch of decisions, from what the batches before it have stored.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from worker.core.assignment import Roster
from worker.core.routing import is_active_owner
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
    zone = work.ruleset.configuration.time_zone
    today = work.now.astimezone(zone).date()
    midnight = datetime.combine(today, time.min, zone).astimezone(UTC)
    return Roster(
        active=active,
        open=open_by_owner(tx),
        today=assigned_since(tx, midnight),
        balances=load_credits(tx),
    )
