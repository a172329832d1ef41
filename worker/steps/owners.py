"""Who owns what in the CRMs: asked once in a run, and never the reason why something only read fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from worker.core.owner_twins import Listed, Twins, find_twins, with_twins
from worker.core.routing import RoutingPolicy, compile_routing
from worker.core.teams import Member
from worker.errors import LeadtriageError
from worker.ledger.roster import mark_owners_dirty
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction
from worker.steps.work import Work

TWINS = "owners matched by e-mail"
"""The setting that holds who is whom across the CRMs: ids only."""

Owners: TypeAlias = Mapping[str, bool]
"""Every owner in the CRMs as ``system:owner id``, and whether active."""


def list_owners(work: Work) -> Listed:
    """Ask every CRM for its owners."""
    return {name: connector.owners() for name, connector in work.connectors.items()}


def known_among(listed: Listed) -> Owners | None:
    """Name the owners of the CRMs; None if no CRM tells."""
    owners = {
        f"{system}:{owner.id}": owner.is_active
        for system, found in listed.items()
        for owner in found
    }
    return owners or None


def note_twins(work: Work, tx: Transaction, listed: Listed) -> None:
    """Remember who is whom across the CRMs; leads of members who gain or lose an account are decided anew."""
    policy = work.ruleset.configuration.routing
    if not policy.matches_by_email or not any(listed.values()):
        return
    before, after = (with_twins(policy, t) for t in (_load_twins(tx), find_twins(listed)))
    save_setting(tx, TWINS, json.dumps(after.twins, sort_keys=True))
    pairs = zip(_members(before), _members(after), strict=True)
    mark_owners_dirty(tx, sorted({new.id for old, new in pairs if old.owners != new.owners}))


def with_known_twins(work: Work, tx: Transaction) -> Work:
    """The same work, with the ids of members that follow from their e-mail, as a run found them last."""
    configuration = work.ruleset.configuration
    if not configuration.routing.matches_by_email:
        return work
    routing = with_twins(configuration.routing, _load_twins(tx))
    ruleset = replace(
        work.ruleset,
        configuration=replace(configuration, routing=routing),
        routing=compile_routing(routing),
    )
    return replace(work, ruleset=ruleset)


def _load_twins(tx: Transaction) -> Twins:
    found: Twins = json.loads(load_setting(tx, TWINS) or "{}")
    return found


def _members(policy: RoutingPolicy) -> list[Member]:
    return [member for team in policy.teams.values() for member in team.members]


def active_among(owners: Owners | None) -> frozenset[str] | None:
    """Name the owners who are active; None if no CRM tells."""
    if owners is None:
        return None
    return frozenset(name for name, is_active in owners.items() if is_active)


def owners_if_told(work: Work) -> Owners | None:
    """List the owners for a report; None as well when a CRM is away."""
    try:
        return known_among(list_owners(work))
    except LeadtriageError:
        return None
