"""The roll-up: what the organisations of a batch of leads did, loaded once for each.

Nothing of it changes while a run decides, so a large organisation is kept for the batches to come:
its cost is that of its members once, and not once for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.core.model import Activity
from worker.core.organisation_asks import MOST_COUNTED, OrganisationAsks
from worker.core.organisations import Colleague, Membership, RollUp
from worker.core.ruleset import Ruleset
from worker.ledger.members import Asked, count_members, last_actions, load_members, shared_actions
from worker.ledger.rows import LastAction, SharedAction
from worker.ledger.transaction import Transaction

LARGE = 50
"""An organisation with so many members is met again in later batches."""
MOST_KEPT = 256


@dataclass(slots=True, kw_only=True)
class RollUps:
    """The roll-ups of one run at ``now``; large ones are ``kept``, so many that memory stays flat."""

    ruleset: Ruleset
    now: datetime
    kept: dict[str, RollUp] = field(default_factory=dict)

    def memberships(self, tx: Transaction, profile_ids: Iterable[str]) -> dict[str, Membership]:
        """Load the place of each profile in its organisation; empty when no criterion asks."""
        asks = self.ruleset.asks
        if asks is None:
            return {}
        members = load_members(tx, profile_ids)
        organisations = {member.organisation for member in members.values()}
        missing = sorted(organisations - self.kept.keys())
        found = self._load(tx, asks, missing) if missing else {}
        self._keep(tx, found)
        found |= {name: self.kept[name] for name in organisations - found.keys()}
        return {
            name: Membership(member=name, organisation=found[member.organisation])
            for name, member in members.items()
        }

    def _keep(self, tx: Transaction, found: dict[str, RollUp]) -> None:
        if not found or len(self.kept) >= MOST_KEPT:
            return
        sizes = count_members(tx, found)
        self.kept |= {name: found[name] for name, size in sizes.items() if size >= LARGE}

    def _load(self, tx: Transaction, asks: OrganisationAsks, names: list[str]) -> dict[str, RollUp]:
        since = self.now - asks.within
        robots = self.ruleset.configuration.exclusions.sources
        asked = Asked(organisations=names, kinds=asks.kinds, since=since, not_from=robots)
        actions = shared_actions(tx, asked, MOST_COUNTED) if asks.kinds else {}
        active = replace(asked, kinds=asks.active)
        last = last_actions(tx, active, self.now, MOST_COUNTED) if asks.active else {}
        return {
            name: RollUp(
                actions=tuple(self._action(one) for one in actions.get(name, ())),
                colleagues=tuple(
                    _colleague(one) for one in last.get(name, ()) if asks.counts(one.role)
                ),
            )
            for name in names
        }

    def _action(self, stored: SharedAction) -> Activity:
        return Activity(
            ref=str(stored.ref),
            kind=stored.kind,
            at=stored.at,
            strength=self.ruleset.configuration.activity_kinds[stored.kind].strength,
            service_line=stored.service_line,
            source=stored.source,
        )


def _colleague(stored: LastAction) -> Colleague:
    return Colleague(
        member=stored.profile_id, role=stored.role, acted_at=stored.at, action=str(stored.ref)
    )
