"""Asks routing for the owner of one lead, given what is remembered of its last hand-off.

Routing knows teams and rules; this knows the lead's history. A hand-off that stands keeps its owner,
its due time and its reasons, so that deciding again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from worker.core.assignment import Roster
from worker.core.case import Case
from worker.core.lifecycle import HANDED_OFF
from worker.core.mapping import MappedContact
from worker.core.memory import Memory, Refusal
from worker.core.model import ACCOUNT_OWNER
from worker.core.next_owner import route_lead
from worker.core.routing import Route, RouteRequest, RoutingPolicy, owners_of
from worker.core.ruleset import Ruleset


def hand_over(
    ruleset: Ruleset,
    case: Case,
    contacts: Sequence[MappedContact],
    memory: Memory,
    roster: Roster,
    *,
    pathway: str | None,
    refusals: Sequence[Refusal] = (),
) -> Route:
    """Route a lead that is at the stage of hand-off."""
    policy = ruleset.configuration.routing
    present = _present_owners(contacts, policy)
    has_hand_off = memory.stage in HANDED_OFF and memory.owner is not None
    request = RouteRequest(
        present_owners=present,
        kept_owner=memory.owner if has_hand_off and _still_owns(memory, present, policy) else None,
        refused_by=frozenset([refusal.by for refusal in refusals]),
        unseen_systems=frozenset(c.ref.system for c in contacts if "owner" in c.unseen),
        due_at=memory.next_step_due_at if has_hand_off else None,
        account_owners=_account_owners(contacts) if ruleset.routing.asks_account_owner else (),
    )
    route_case = replace(case, facts={**case.facts, "pathway": str(pathway)})
    route = route_lead(ruleset.routing, route_case, request, roster)
    owner = route.owner or route.outside_owner
    is_same = (owner, route.next_step.id) == (memory.owner, memory.next_step)
    if has_hand_off and is_same and memory.next_step_due_at is not None:
        reasons = memory.route_reasons or route.reasons
        return replace(route, due_at=memory.next_step_due_at, reasons=reasons)
    return route


def _present_owners(contacts: Sequence[MappedContact], policy: RoutingPolicy) -> Mapping[str, str]:
    return {
        contact.ref.system: str(owner)
        for contact in sorted(contacts, key=MappedContact.freshness)
        if (owner := contact.facts.get("owner")) is not None
        and f"{contact.ref.system}:{owner}" not in policy.unassigned
    }


def _account_owners(contacts: Sequence[MappedContact]) -> tuple[str, ...]:
    """List who owns the lead's organisation in each CRM, by the newest record first."""
    newest_first = sorted(contacts, key=MappedContact.freshness, reverse=True)
    return tuple(
        f"{contact.ref.system}:{owner}"
        for contact in newest_first
        if (owner := contact.facts.get(ACCOUNT_OWNER)) is not None
    )


def _still_owns(memory: Memory, present: Mapping[str, str], policy: RoutingPolicy) -> bool:
    """The CRM still shows the owner we gave, or shows none: nobody has taken the lead over."""
    owners = owners_of(policy, memory.owner)
    return bool(owners) and all(
        present.get(system, owner) == owner for system, owner in owners.items()
    )
