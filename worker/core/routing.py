"""Routing: one owner and one next step for every qualified lead, with every alternative explained.

A total function: when no member can take a lead it goes to the overflow, and in the end to a named
queue. Who within a team is the business of ``worker.core.assignment``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.core.assignment import Balances, Pick, Rejection, Roster, Since, pick_member
from worker.core.case import YES, Case
from worker.core.conditions import Condition
from worker.core.evaluation import Compiled, compile_condition
from worker.core.teams import NextStep, Queue, Team
from worker.core.working_time import WorkingCalendar, add_working_time, day_start, week_start


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Leads for which ``condition`` holds go to ``target`` (a team or queue) with ``next_step``."""

    id: str
    condition: Condition
    target: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPolicy:
    """``fallback`` is the queue for leads no rule catches.

    ``unassigned`` are owners, as ``system:owner id``, that stand for nobody. ``week_starts`` is the
    weekday on which the weeks of ``max_per_week`` begin (0 is Monday).
    """

    rules: tuple[RoutingRule, ...]
    teams: Mapping[str, Team]
    queues: Mapping[str, Queue]
    next_steps: Mapping[str, NextStep]
    fallback: str
    fallback_next_step: str
    unassigned: frozenset[str] = frozenset()
    keep_outside_owner: bool = True
    week_starts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One owner and one next step, with the alternatives that were rejected.

    ``owner`` is the member's or queue's id in the roster, None when an owner outside the roster
    keeps the lead (``outside_owner``). ``balances`` is what the rotation's state becomes.
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
    outside_owner: str | None = None
    balances: Balances = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRequest:
    """One lead to be routed. ``present_owners`` maps each CRM to the owner id it has now.

    ``kept_owner`` is the member who has the hand-off already; ``refused_by`` are those who do
    not get it again yet, members by id, others as ``system:owner id``. A CRM that does not show its
    owner is in ``unseen_systems``.
    """

    present_owners: Mapping[str, str]
    kept_owner: str | None = None
    refused_by: frozenset[str] = frozenset()
    unseen_systems: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRouting:
    """The routing policy with its rules compiled, and roster members found by their CRM owner."""

    policy: RoutingPolicy
    rules: tuple[tuple[RoutingRule, Compiled], ...]
    members_by_owner: Mapping[str, str]


def compile_routing(policy: RoutingPolicy) -> CompiledRouting:
    """Compile the rules of a routing policy."""
    members = {
        f"{system}:{owner}": member.id
        for team in policy.teams.values()
        for member in team.members
        for system, owner in member.owners.items()
    }
    rules = tuple((rule, compile_condition(rule.condition)) for rule in policy.rules)
    return CompiledRouting(policy=policy, rules=rules, members_by_owner=members)


def owners_of(policy: RoutingPolicy, roster_id: str | None) -> Mapping[str, str]:
    """Look up the CRM owner ids of a member or queue; empty when it is in the roster no more."""
    if roster_id is not None and roster_id in policy.queues:
        return policy.queues[roster_id].owners
    for team in policy.teams.values():
        for member in team.members:
            if member.id == roster_id:
                return member.owners
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """What the rules say before anybody in particular is looked at."""

    rule: str | None
    target: str
    next_step: NextStep
    reasons: tuple[str, ...]
    skipped: tuple[Rejection, ...]


def route_lead(
    routing: CompiledRouting, case: Case, request: RouteRequest, roster: Roster
) -> Route:
    """Give a qualified lead its owner and next step. Total: it always answers."""
    start = _apply_rules(routing, case)
    outside = _outside_owner(routing, request, roster)
    if outside is not None:
        return _keep_outside(routing.policy, start, outside, request, case)
    return _walk(routing, start, case, request, roster)


def is_active_owner(policy: RoutingPolicy, who: str, active: frozenset[str]) -> bool:
    """Tell whether a member, a queue, or an owner outside the roster can still work a lead."""
    if who in policy.queues:
        return True
    owners = owners_of(policy, who)
    names = {f"{system}:{owner}" for system, owner in owners.items()} or {who}
    return names <= active


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


def _apply_rules(routing: CompiledRouting, case: Case) -> _Start:
    policy = routing.policy
    skipped: list[Rejection] = []
    for rule, holds in routing.rules:
        if holds(case) is YES:
            return _Start(
                rule=rule.id,
                target=rule.target,
                next_step=policy.next_steps[rule.next_step],
                reasons=(),
                skipped=tuple(skipped),
            )
        skipped.append(Rejection(candidate=f"rule {rule.id}", reason="its condition does not hold"))
    return _Start(
        rule=None,
        target=policy.fallback,
        next_step=policy.next_steps[policy.fallback_next_step],
        reasons=("ROUTE_NO_RULE",),
        skipped=tuple(skipped),
    )


def _due_at(calendar: WorkingCalendar, start: _Start, case: Case) -> datetime:
    """Count the time of the next step from its clock: a promise made on receipt runs since then."""
    clock, begin = start.next_step.clock, case.now
    if clock is not None:
        at = case.facts.get(clock)
        begin = at if isinstance(at, datetime) and at <= case.now else case.now
    return add_working_time(calendar, begin, start.next_step.within)


def _outside_owner(routing: CompiledRouting, request: RouteRequest, roster: Roster) -> str | None:
    """Find an active present owner who is on no team, when such owners keep their leads."""
    policy = routing.policy
    if not policy.keep_outside_owner or request.kept_owner is not None:
        return None
    nobody = policy.unassigned | {
        f"{system}:{owner}"
        for queue in policy.queues.values()
        for system, owner in queue.owners.items()
    }
    for system, owner in sorted(request.present_owners.items()):
        key = f"{system}:{owner}"
        is_active = roster.active is None or key in roster.active
        is_free = key not in nobody and key not in routing.members_by_owner
        if is_active and is_free and key not in request.refused_by:
            return key
    return None


def _keep_outside(
    policy: RoutingPolicy, start: _Start, outside: str, request: RouteRequest, case: Case
) -> Route:
    place = policy.teams.get(start.target) or policy.queues[start.target]
    members = place.members if isinstance(place, Team) else ()
    passed = (Rejection(candidate=m.id, reason="the present owner keeps the lead") for m in members)
    return Route(
        rule=start.rule,
        target=start.target,
        owner=None,
        owners=request.present_owners,
        next_step=start.next_step,
        due_at=_due_at(place.calendar, start, case),
        reasons=("ROUTE_OWNER_KEPT",),
        rejected=(*passed, *start.skipped),
        is_kept=True,
        outside_owner=outside,
    )


def _walk(
    routing: CompiledRouting, start: _Start, case: Case, request: RouteRequest, roster: Roster
) -> Route:
    """Try the present owner, then the team, then its overflow in order; a queue takes any lead."""
    policy = routing.policy
    present = request.kept_owner or _present_member(routing, request)
    order = _overflow_order(policy, start.target)
    reasons, rejected = list(start.reasons), list[Rejection]()

    def pick_in(team: Team) -> Pick:
        return pick_member(team, case, roster, present=present, refused_by=request.refused_by)

    for team in _teams_of(policy, order, present):
        pick = pick_in(team)
        if pick.is_kept:
            return _to_member(team, pick, start, case, reasons, rejected)
    for place in order:
        if place in policy.queues:
            return _to_queue(policy.queues[place], start, case, request, reasons, rejected)
        pick = pick_in(policy.teams[place])
        if pick.member is not None:
            return _to_member(policy.teams[place], pick, start, case, reasons, rejected)
        rejected += pick.rejected
        reasons.append("ROUTE_ALL_REFUSED" if pick.is_refused else "ROUTE_TEAM_AT_CAPACITY")
    return _to_queue(policy.queues[policy.fallback], start, case, request, reasons, rejected)


def _teams_of(policy: RoutingPolicy, order: list[str], present: str | None) -> list[Team]:
    """List the teams among these places that the present owner belongs to."""
    teams = [policy.teams[place] for place in order if place in policy.teams]
    return [team for team in teams if any(member.id == present for member in team.members)]


def _to_member(
    team: Team,
    pick: Pick,
    start: _Start,
    case: Case,
    reasons: list[str],
    rejected: list[Rejection],
) -> Route:
    assert pick.member is not None
    how = _how(is_kept=pick.is_kept, is_own_team=team.id == start.target)
    return Route(
        rule=start.rule,
        target=team.id,
        owner=pick.member.id,
        owners=pick.member.owners,
        next_step=start.next_step,
        due_at=_due_at(team.calendar, start, case),
        reasons=tuple(dict.fromkeys([*reasons, how])),
        rejected=(*rejected, *pick.rejected, *start.skipped),
        is_kept=pick.is_kept,
        balances=pick.balances,
    )


def _to_queue(
    queue: Queue,
    start: _Start,
    case: Case,
    request: RouteRequest,
    reasons: list[str],
    rejected: list[Rejection],
) -> Route:
    return Route(
        rule=start.rule,
        target=queue.id,
        owner=queue.id,
        owners=queue.owners,
        next_step=start.next_step,
        due_at=_due_at(queue.calendar, start, case),
        reasons=tuple(dict.fromkeys([*reasons, "ROUTE_QUEUE"])),
        rejected=(*rejected, *start.skipped),
        is_kept=request.kept_owner == queue.id,
        is_queue=True,
    )


def _how(*, is_kept: bool, is_own_team: bool) -> str:
    if is_kept:
        return "ROUTE_OWNER_KEPT"
    return "ROUTE_TEAM_MEMBER" if is_own_team else "ROUTE_OVERFLOW"


def _overflow_order(policy: RoutingPolicy, target: str) -> list[str]:
    """List the target and everything it overflows into, each once, in order."""
    order, waiting = [], [target]
    while waiting:
        place = waiting.pop(0)
        if place in order:
            continue
        order.append(place)
        team = policy.teams.get(place)
        if team is not None:
            waiting = [*team.overflow, *waiting]
    return order


def _present_member(routing: CompiledRouting, request: RouteRequest) -> str | None:
    for system, owner in sorted(request.present_owners.items()):
        member = routing.members_by_owner.get(f"{system}:{owner}")
        if member is not None:
            return member
    return None
