"""Owners across CRMs: who is the same colleague in another CRM, told by the e-mail of their accounts.

The roster may name a member by one id alone; the others follow. An address that several active accounts
share tells nobody apart, and one that no account has says that the colleague has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from worker.core.records import Owner, OwnerKind
from worker.core.routing import CompiledRouting, RoutingPolicy
from worker.core.teams import Member

Listed: TypeAlias = Mapping[str, Sequence[Owner]]
"""All owners of each CRM, by system."""
Twins: TypeAlias = Mapping[str, Mapping[str, str]]
"""Of an owner, as ``system:owner id``, the ids of the same person in other CRMs, by system."""
Closed: TypeAlias = Mapping[str, Sequence[str]]
"""Of a closed account, those of the same person: the open ones, else all."""
NONE_CLOSED: Closed = {}


def person_of(routing: CompiledRouting, key: str) -> str:
    """Name who an owner, as ``system:owner id``, is in every CRM: a member or queue, else one of the ids.

    Whose a closed account was is told as well: such a person is written nowhere, and is the same one in
    every CRM all the same.
    """
    same = routing.policy.closed.get(key, (key,))
    for one in (key, *same):
        if one in routing.members_by_owner:
            return routing.members_by_owner[one]
    for queue in routing.policy.queues.values():
        if key in {f"{system}:{owner}" for system, owner in queue.owners.items()}:
            return queue.id
    others = (routing.policy.twins.get(one, {}).items() for one in same)
    return min([*same, *(f"{system}:{owner}" for found in others for system, owner in found)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A member for whom a CRM has no account of that e-mail, or several of them.

    ``accounts`` are the ids of those; ``email_of`` is the account whose address was looked for, None
    where no account of the member has an address.
    """

    member: str
    system: str
    email_of: str | None
    accounts: tuple[str, ...] = ()


def find_twins(listed: Listed) -> Twins:
    """Match the active people of all CRMs by e-mail; who cannot be told apart is left out."""
    by_email = _by_email(listed)
    found: dict[str, dict[str, str]] = {}
    for accounts in by_email.values():
        alone = {system: ids[0] for system, ids in accounts.items() if len(ids) == 1}
        for system, ids in accounts.items():
            others = {name: one for name, one in alone.items() if name != system}
            found |= {f"{system}:{one}": others for one in ids if others}
    return found


def find_closed(listed: Listed) -> Closed:
    """Find whose the closed accounts are, by e-mail.

    An address that several open accounts of a CRM share tells nobody apart.
    """
    still = _by_email(listed)
    found: dict[str, list[str]] = {}
    for email, accounts in _by_email(listed, is_active=False).items():
        there = still.get(email, {})
        if any(len(ids) > 1 for ids in there.values()):
            continue
        left = [f"{system}:{one}" for system, ids in accounts.items() for one in ids]
        same = sorted(f"{system}:{ids[0]}" for system, ids in there.items()) or sorted(left)
        found |= {key: same for key in left if same != [key]}
    return found


def _by_email(listed: Listed, *, is_active: bool = True) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for system, owners in listed.items():
        for owner in owners:
            email = (owner.email or "").strip().casefold()
            if email and owner.is_active is is_active and owner.kind is OwnerKind.PERSON:
                found.setdefault(email, {}).setdefault(system, []).append(owner.id)
    return found


def with_twins(policy: RoutingPolicy, twins: Twins, closed: Closed = NONE_CLOSED) -> RoutingPolicy:
    """Give every member the ids that follow from those the roster names, which come first.

    Who stands for nobody in one CRM does so in the others. A closed account is nobody's id, and is kept
    to tell whose it was.
    """
    teams = {
        name: replace(team, members=tuple(_completed(member, twins) for member in team.members))
        for name, team in policy.teams.items()
    }
    nobody = (f"{s}:{one}" for key in policy.unassigned for s, one in twins.get(key, {}).items())
    unassigned = policy.unassigned.union(nobody)
    unassigned |= {key for key, same in closed.items() if not unassigned.isdisjoint(same)}
    return replace(policy, teams=teams, twins=twins, closed=closed, unassigned=unassigned)


def _completed(member: Member, twins: Twins) -> Member:
    found: dict[str, str] = {}
    for system, owner in member.owners.items():
        found |= twins.get(f"{system}:{owner}", {})
    return replace(member, owners={**found, **member.owners})


def find_unmatched(
    policy: RoutingPolicy, listed: Listed, writers: frozenset[str]
) -> Iterator[Unmatched]:
    """Yield who has no id in a CRM to which owners are written, in the order of the roster.

    Of a member whose accounts are all in CRMs that list nobody, nothing can be told.
    """
    by_email = _by_email(listed)
    emails = {
        f"{system}:{owner.id}": (owner.email or "").strip().casefold()
        for system, owners in listed.items()
        for owner in owners
    }
    seen: set[str] = set()
    for team in with_twins(policy, find_twins(listed)).teams.values():
        for member in team.members:
            if not any(listed.get(system) for system in member.owners):
                continue
            for system in sorted(writers - member.owners.keys()) if member.id not in seen else ():
                named = (f"{name}:{owner}" for name, owner in member.owners.items())
                known = next((key for key in named if emails.get(key)), None)
                accounts = by_email.get(emails[known], {}).get(system, ()) if known else ()
                yield Unmatched(
                    member=member.id, system=system, email_of=known, accounts=tuple(accounts)
                )
            seen.add(member.id)
