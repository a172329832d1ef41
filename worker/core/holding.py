"""Who has a lead: as we remember our hand-off, and as its CRMs show it now.

A CRM shows the owner before the last one until our write has landed; whoever may not have the lead
is therefore known by name, and not taken for somebody who took it over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from worker.core.judgement import LeadSnapshot
from worker.core.lifecycle import HANDED_OFF
from worker.core.mapping import EPOCH, MappedContact
from worker.core.memory import LET_GO, Memory, Refusal, with_refusal
from worker.core.model import ACCOUNT_OWNER
from worker.core.records import RecordRef
from worker.core.routing import CompiledRouting, Route, RoutingPolicy, is_on_roster, owners_of
from worker.core.ruleset import Ruleset

Refusals = tuple[Refusal, ...]


def has_hand_off(memory: Memory) -> bool:
    """Tell whether a hand-off of ours stands, as far as we remember."""
    return memory.stage in HANDED_OFF and memory.owner is not None


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """One lead's owner. ``present`` maps each CRM to the owner id it shows, if it is a person.

    ``chosen_at`` is when a person gave the lead to who has it; ``is_accepted``: sales has taken the
    present hand-off on. ``untouched`` are owners whom a CRM shows as we last left it.
    """

    routing: CompiledRouting
    memory: Memory
    present: Mapping[str, str]
    chosen_at: datetime | None = None
    is_accepted: bool = False
    untouched: frozenset[str] = frozenset()

    @property
    def has_hand_off(self) -> bool:
        return has_hand_off(self.memory)

    @property
    def is_settled(self) -> bool:
        """Whether people have decided who has it: one gave it to somebody, or sales took it on."""
        return self.chosen_at is not None or self.is_accepted

    def has_owner(self, route: Route) -> bool:
        """Tell whether a route leaves the lead with who has had it so far."""
        return self.has_hand_off and (route.owner or route.outside_owner) == self.memory.owner

    def is_standing(self, route: Route) -> bool:
        """Tell whether a route is the hand-off that stands: its owner and its next step."""
        return self.has_owner(route) and route.next_step.id == self.memory.next_step

    def still_owns(self, refusals: Refusals) -> bool:
        """Tell whether the CRM shows the owner we gave, or none: nobody has taken the lead over.

        Until our write has landed it shows whom we took the lead from, or one who left it.
        """
        owners = owners_of(self.routing.policy, self.memory.owner)
        if not owners or not self.has_hand_off or self._is_chosen_away(owners):
            return False
        shown = {system: self.present.get(system, owner) for system, owner in owners.items()}
        gone = owner_keys(self.routing.policy, names_of(refusals) - {str(self.memory.owner)})
        gone |= self.memory.taken_from & self.untouched
        return all(
            shown[system] == owner or f"{system}:{shown[system]}" in gone
            for system, owner in owners.items()
        )

    def _is_chosen_away(self, owners: Mapping[str, str]) -> bool:
        """Tell whether a person chose somebody else last, in a CRM where our owner has no account."""
        system, owner = next(iter(self.present.items()), ("", ""))
        is_person = f"{system}:{owner}" not in self.routing.nobody
        return self.chosen_at is not None and bool(system) and system not in owners and is_person

    def taken_from(self, route: Route) -> frozenset[str]:
        """Whom the CRMs show when a route takes the lead from them; remembered while it stands."""
        if self.has_owner(route):
            return self.memory.taken_from
        return frozenset() if route.is_kept else frozenset(self._shown())

    def without_chosen(self, refusals: Refusals) -> Refusals:
        """Whom a person has given the lead since may have it, whatever came before."""
        if not refusals or self.chosen_at is None:
            return refusals
        shown = self._shown()
        return tuple(
            one
            for one in refusals
            if one.at >= self.chosen_at
            or shown.isdisjoint(owner_keys(self.routing.policy, {one.by}))
        )

    def with_let_go(self, refusals: Refusals, now: datetime) -> Refusals:
        """Add who had the lead from us and is on the roster no more, unless people left it there."""
        owner = self.memory.owner
        if not self.has_hand_off or self.is_settled or owner is None:
            return refusals
        if ":" in owner or is_on_roster(self.routing.policy, owner):
            return refusals
        for key in sorted(self._shown() - self.routing.members_by_owner.keys()):
            refusals = with_refusal(refusals, Refusal(by=key, at=now, reason=LET_GO))
        return refusals

    def _shown(self) -> set[str]:
        return {f"{system}:{owner}" for system, owner in self.present.items()}


def names_of(refusals: Iterable[Refusal]) -> frozenset[str]:
    """Name those who do not get the lead again yet."""
    return frozenset([refusal.by for refusal in refusals])


def owner_keys(policy: RoutingPolicy, names: Iterable[str]) -> frozenset[str]:
    """Name the CRM owners of members and queues; others are named as CRM owners already."""
    keys = set(names)
    for name in names:
        keys |= {f"{system}:{owner}" for system, owner in owners_of(policy, name).items()}
    return frozenset(keys)


def present_owners(ruleset: Ruleset, snapshot: LeadSnapshot) -> Mapping[str, str]:
    """Say whom each CRM shows as owner, the one whose word counts most first.

    Whom a person chose last, in whichever CRM, comes before all others; then it is as survivorship
    prefers, and the newest record.
    """
    survivorship = ruleset.configuration.identity.survivorship
    unassigned = ruleset.configuration.routing.unassigned

    def weight(contact: MappedContact) -> tuple[datetime, int, tuple[datetime, RecordRef]]:
        chosen_at = snapshot.owner_edits.get(contact.ref, EPOCH)
        return chosen_at, survivorship.rank("owner", contact.ref.system), contact.freshness()

    found: dict[str, str] = {}
    for contact in sorted(snapshot.contacts, key=weight, reverse=True):
        owner, system = contact.facts.get("owner"), contact.ref.system
        if owner is not None and f"{system}:{owner}" not in unassigned:
            found.setdefault(system, str(owner))
    return found


def account_owners(contacts: Sequence[MappedContact]) -> tuple[str, ...]:
    """List who owns the lead's organisation in each CRM, by the newest record first."""
    newest_first = sorted(contacts, key=MappedContact.freshness, reverse=True)
    return tuple(
        f"{contact.ref.system}:{owner}"
        for contact in newest_first
        if (owner := contact.facts.get(ACCOUNT_OWNER)) is not None
    )
