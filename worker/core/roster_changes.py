"""What if: a routing policy with a member paused, added, or given another weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from worker.core.routing import RoutingPolicy
from worker.core.teams import Member


def members_of(policy: RoutingPolicy) -> frozenset[str]:
    """Name everybody on any team."""
    return frozenset(member.id for team in policy.teams.values() for member in team.members)


def with_pause(policy: RoutingPolicy, who: str) -> RoutingPolicy:
    """Pause a member on every team."""
    return _with_each(policy, who, lambda member: replace(member, is_paused=True))


def with_weight(policy: RoutingPolicy, who: str, weight: float) -> RoutingPolicy:
    """Give a member another weight on every team."""
    return _with_each(policy, who, lambda member: replace(member, weight=weight))


def with_member(policy: RoutingPolicy, team_id: str, who: str, weight: float) -> RoutingPolicy:
    """Add somebody to a team, with no limits, any skill, and no owner in a CRM yet."""
    team = policy.teams[team_id]
    added = replace(team, members=(*team.members, Member(id=who, owners={}, weight=weight)))
    return replace(policy, teams={**policy.teams, team_id: added})


def _with_each(
    policy: RoutingPolicy, who: str, change: Callable[[Member], Member]
) -> RoutingPolicy:
    teams = {
        name: replace(team, members=tuple(change(m) if m.id == who else m for m in team.members))
        for name, team in policy.teams.items()
    }
    return replace(policy, teams=teams)
