"""Routing: the rules and places an organisation has written, and what a route says of one lead.

Who takes a lead is found by ``worker.core.next_owner``, and within a team by
``worker.core.assignment``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from worker.core.assignment import (
    Balances,
    Rejection,
    Since,
    Why,
    is_live,
)
from worker.core.conditions import Condition
from worker.core.evaluation import Compiled, compile_condition
from worker.core.follow_up import NO_FOLLOW_UP, FollowUpRules
from worker.core.teams import AccountOwner, NextStep, Queue, Team
from worker.core.working_time import day_start, week_start


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Leads for which ``condition`` holds go to ``target`` (a team or queue) with ``next_step``.

    ``account_owner`` None: as the team says.
    """

    id: str
    condition: Condition
    target: str
    next_step: str
    account_owner: AccountOwner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPolicy:
    """``fallback`` is the queue for leads no rule catches.

    ``unassigned`` are owners, as ``system:owner id``, that stand for nobody. ``week_starts`` is the
    weekday on which the weeks of ``max_per_week`` begin (0 is Monday). ``stand_ins`` are what a CRM is
    given for an owner who has no account there, None for nothing; with ``matches_by_email`` the ids of
    members in other CRMs follow from their e-mail, and ``twins`` has them for all owners; ``closed`` says
    whose an account was that is closed.
    """

    rules: tuple[RoutingRule, ...]
    teams: Mapping[str, Team]
    queues: Mapping[str, Queue]
    next_steps: Mapping[str, NextStep]
    fallback: str
    fallback_next_step: str
    unassigned: frozenset[str] = frozenset()
    keep_outside_owner: bool = True
    follow_up: FollowUpRules = NO_FOLLOW_UP
    week_starts: int = 0
    stand_ins: Mapping[str, str | None] = field(default_factory=dict)
    matches_by_email: bool = False
    twins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    closed: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One owner and one next step, with the alternatives that were rejected; or a named hold.

    ``owner`` is the member's or queue's id in the roster, None when an owner outside the roster
    has the lead (``outside_owner``), or nobody (``hold`` is then the reason code). ``balances`` is
    what the rotation's state becomes. ``is_waiting``: it waits in a queue only because nobody could
    take it. At ``again_at`` that may be over; None when time does not mend it, or it is not asked.
    """

    rule: str | None
    target: str
    owner: str | None
    owners: Mapping[str, str]
    next_step: NextStep
    due_at: datetime
    reasons: tuple[str, ...]
    rejected: tuple[Rejection, ...] = ()
    is_kept: bool = False
    is_queue: bool = False
    is_waiting: bool = False
    outside_owner: str | None = None
    hold: str | None = None
    again_at: datetime | None = None
    balances: Balances = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    """One lead to be routed. ``present_owners`` maps each CRM to the owner id it has now; whose word
    counts most comes first.

    ``kept_owner`` is the member who has the hand-off already; ``refused_by`` are those who do
    not get it again yet, members by id, others as ``system:owner id``. A CRM that does not show its
    owner is in ``unseen_systems``. ``due_at`` is when the next step of the hand-off is due, and
    ``is_started`` says that its owner has begun to work the lead. ``account_owners`` may own the
    lead's organisation, the likeliest first: members by id, others as ``system:owner id``.
    ``target`` is a team or queue that takes the place of what the rules say. ``is_chosen``: people
    decided who has it, of whatever team: one gave it to them, or sales took it on.
    """

    present_owners: Mapping[str, str]
    kept_owner: str | None = None
    refused_by: frozenset[str] = frozenset()
    unseen_systems: frozenset[str] = frozenset()
    due_at: datetime | None = None
    is_started: bool = False
    account_owners: tuple[str, ...] = ()
    target: str | None = None
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRouting:
    """The routing policy with its rules compiled, and what is looked up for every lead.

    ``orders`` lists for each target all places to try; ``nobody`` are owners who are no person.
    ``passed_over`` is what is said of each rule, in order, when its condition does not hold.
    """

    policy: RoutingPolicy
    rules: tuple[tuple[RoutingRule, Compiled], ...]
    members_by_owner: Mapping[str, str]
    orders: Mapping[str, tuple[str, ...]]
    nobody: frozenset[str]
    asks_account_owner: bool
    passed_over: tuple[Rejection, ...]


def compile_routing(policy: RoutingPolicy) -> CompiledRouting:
    """Compile the rules of a routing policy."""
    members = {
        f"{system}:{owner}": member.id
        for team in policy.teams.values()
        for member in team.members
        for system, owner in member.owners.items()
    }
    queue_owners = (
        f"{system}:{owner}"
        for queue in policy.queues.values()
        for system, owner in queue.owners.items()
    )
    return CompiledRouting(
        policy=policy,
        rules=tuple((rule, compile_condition(rule.condition)) for rule in policy.rules),
        members_by_owner=members,
        orders={
            place: _overflow_order(policy, place)
            for place in (*policy.teams, *policy.queues, policy.fallback)
        },
        nobody=policy.unassigned.union(queue_owners, _stand_ins(policy)),
        asks_account_owner=asks_account_owner(policy),
        passed_over=tuple(_passed_over(rule) for rule in policy.rules),
    )


def _stand_ins(policy: RoutingPolicy) -> frozenset[str]:
    pairs = policy.stand_ins.items()
    return frozenset(f"{system}:{owner}" for system, owner in pairs if owner is not None)


def _passed_over(rule: RoutingRule) -> Rejection:
    name = f"rule {rule.id}"
    return Rejection(candidate=name, code=Why.NO_MATCH, reason="its condition does not hold")


def _overflow_order(policy: RoutingPolicy, target: str) -> tuple[str, ...]:
    """List a target and everything it overflows into, each once, in order; the fallback ends it."""
    order, waiting = dict[str, None](), [target, policy.fallback]
    while waiting:
        place = waiting.pop(0)
        if place not in order:
            order[place] = None
            waiting = [*(policy.teams[place].overflow if place in policy.teams else ()), *waiting]
    return tuple(order)


def asks_account_owner(policy: RoutingPolicy) -> bool:
    """Tell whether some rule or team wishes for the owner of the account."""
    wishes = [rule.account_owner for rule in policy.rules]
    return any([*wishes, *(team.account_owner for team in policy.teams.values())])


def owners_of(policy: RoutingPolicy, roster_id: str | None) -> Mapping[str, str]:
    """Look up the CRM owner ids of a member or queue; empty when it is in the roster no more."""
    if roster_id is not None and roster_id in policy.queues:
        return policy.queues[roster_id].owners
    for team in policy.teams.values():
        for member in team.members:
            if member.id == roster_id:
                return member.owners
    return {}


def team_of(policy: RoutingPolicy, member_id: str) -> str | None:
    """Name the first team that somebody is a member of; None where there is none."""
    teams = policy.teams.values()
    return next((t.id for t in teams if any(m.id == member_id for m in t.members)), None)


def is_on_roster(policy: RoutingPolicy, who: str) -> bool:
    """Tell whether a member or queue is in the roster still."""
    return who in policy.queues or team_of(policy, who) is not None


def is_active_owner(policy: RoutingPolicy, who: str, active: frozenset[str]) -> bool:
    """Tell whether a member, a queue, or an owner outside the roster can still work a lead."""
    owners = owners_of(policy, who)
    return is_live(owners, active) if owners else who in policy.queues or who in active


def periods_of(policy: RoutingPolicy, now: datetime) -> dict[str, Since]:
    """Say for every member when its day and its week began, by its own calendar or its team's."""
    found: dict[str, Since] = {}
    known: dict[ZoneInfo, Since] = {}
    for team in policy.teams.values():
        for member in team.members:
            zone = (member.calendar or team.calendar).time_zone
            if zone not in known:
                week_at = week_start(zone, now, policy.week_starts)
                known[zone] = Since(day_at=day_start(zone, now), week_at=week_at)
            found.setdefault(member.id, known[zone])
    return found


def team_key(team: str) -> str:
    """Name a whole team among those who refused a lead."""
    return f"team {team}"
