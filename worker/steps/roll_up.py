"""The roll-up: what the organisations of a batch of leads did, loaded once for each.

Nothing of it changes while a run decides, so an organisation of several is kept for the batches to
come: its cost is that of its members once, and not once for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from worker.core.model import Activity
from worker.core.organisation_asks import MOST_COUNTED, OrganisationAsks
from worker.core.organisations import Colleague, Membership, RollUp
from worker.core.ruleset import Ruleset
from worker.ledger.members import Asked, count_members, last_actions, load_members, shared_actions
from worker.ledger.rows import LastAction, SharedAction
from worker.ledger.transaction import Transaction

MOST_KEPT = 50_000
"""Actions that are kept, of the organisations with most members: memory stays flat."""


@dataclass(slots=True, kw_only=True)
class RollUps:
    """The roll-ups of one run at ``now``. The largest are ``kept``, with how many members they have."""

    ruleset: Ruleset
    now: datetime
    kept: dict[str, RollUp] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def memberships(self, tx: Transaction, profile_ids: Iterable[str]) -> dict[str, Membership]:
        """Load the place of each profile in its organisation; empty when no criterion asks."""
        asks = self.ruleset.asks
        if asks is None:
            return {}
        members = load_members(tx, profile_ids)
        organisations = {member.organisation for member in members.values()}
        known = {name: self.kept[name] for name in organisations & self.kept.keys()}
        missing = sorted(organisations - known.keys())
        found = self._load(tx, asks, missing) if missing else {}
        self._keep(tx, found)
        found |= known
        return {
            name: Membership(member=name, organisation=found[member.organisation])
            for name, member in members.items()
        }

    def _keep(self, tx: Transaction, found: Mapping[str, RollUp]) -> None:
        """Keep what other batches may meet again; over the limit, the smallest are let go."""
        shared = {name: size for name, size in count_members(tx, found).items() if size > 1}
        self.sizes |= shared
        self.kept |= {name: found[name] for name in shared}
        room = MOST_KEPT
        for name in sorted(self.kept, key=lambda one: (-self.sizes[one], one)):
            room -= len(self.kept[name].actions) + len(self.kept[name].colleagues) + 1
            if room < 0:
                del self.kept[name], self.sizes[name]

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
