"""Who owns what in the CRMs: asked once in a run, and never the reason why something only read fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from worker.core.owner_names import (
    Named,
    QueueTwins,
    find_named,
    find_queue_twins,
    with_named,
)
from worker.core.owner_twins import Closed, Listed, Twins, find_closed, find_twins, with_twins
from worker.core.routing import RoutingPolicy, compile_routing
from worker.core.teams import Member
from worker.errors import LeadtriageError
from worker.ledger.roster import mark_owners_dirty
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction
from worker.steps.work import Work

TWINS = "owners matched by e-mail"
"""The setting that holds who is whom across the CRMs: ids only."""
CLOSED = "closed accounts matched by e-mail"
"""The setting that holds whose the closed accounts are: ids only."""
NAMED = "owners called by name"
"""The setting that holds which ids the names of the roster stand for."""
QUEUES = "queues found in other CRMs"
"""The setting that holds the ids of queues in CRMs for which the roster has none."""

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
    """Remember who is whom across the CRMs, and whom the roster calls by a name.

    Leads of members who gain or lose an account are decided anew.
    """
    policy = work.ruleset.configuration.routing
    if not any(listed.values()):
        return
    before = _completed(policy, tx)
    named = find_named(policy, listed)
    _save(tx, NAMED, named)
    if policy.matches_by_email:
        plain = with_named(policy, named, {})
        _save(tx, QUEUES, find_queue_twins(plain, listed))
        _save(tx, TWINS, find_twins(listed))
        _save(tx, CLOSED, find_closed(listed))
    pairs = zip(_members(before), _members(_completed(policy, tx)), strict=True)
    mark_owners_dirty(tx, sorted({new.id for old, new in pairs if old.owners != new.owners}))


def with_known_twins(work: Work, tx: Transaction) -> Work:
    """The same work, with the ids that follow from e-mails and names, as a run found them last."""
    configuration = work.ruleset.configuration
    routing = _completed(configuration.routing, tx)
    if routing is configuration.routing:
        return work
    ruleset = replace(
        work.ruleset,
        configuration=replace(configuration, routing=routing),
        routing=compile_routing(routing),
    )
    return replace(work, ruleset=ruleset)


def _completed(policy: RoutingPolicy, tx: Transaction) -> RoutingPolicy:
    """Give a roster the ids that were found last; the same where it names them all."""
    named: Named = _load(tx, NAMED)
    if not policy.matches_by_email:
        return with_named(policy, named, {})
    queues: QueueTwins = _load(tx, QUEUES)
    twins: Twins = _load(tx, TWINS)
    closed: Closed = _load(tx, CLOSED)
    return with_twins(with_named(policy, named, queues), twins, closed)


def _save(tx: Transaction, name: str, found: Mapping[str, object]) -> None:
    """Keep what was found, if it is another thing than before."""
    text = json.dumps(found, sort_keys=True)
    if text != (load_setting(tx, name) or "{}"):
        save_setting(tx, name, text)


def _load(tx: Transaction, name: str) -> Any:
    return json.loads(load_setting(tx, name) or "{}")


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
