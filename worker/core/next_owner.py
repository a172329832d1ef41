"""Who gets a lead next: the rules say where it goes, the roster who takes it there.

A total function: when no member can take a lead it goes to the overflow, and in the end to a named
queue; when even that belongs to nobody who is active, the lead is held, and the hold has a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from worker.core.assignment import (
    Asked,
    Pick,
    Rejection,
    Roster,
    Why,
    find_obstacle,
    is_live,
    pick_member,
)
from worker.core.case import YES, Case
from worker.core.routing import CompiledRouting, Route, RouteRequest, RoutingPolicy, team_key
from worker.core.teams import AccountOwner, NextStep, Queue, Team
from worker.core.working_time import WorkingCalendar, add_working_time


class _Start(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say before anybody in particular is looked at."""

    rule: str | None
    target: str
    next_step: NextStep
    reasons: tuple[str, ...]
    skipped: tuple[Rejection, ...]
    account_owner: AccountOwner | None


class _Lead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead on its way, with all that is asked on it."""

    routing: CompiledRouting
    start: _Start
    case: Case
    request: RouteRequest
    roster: Roster
    asked: Asked

    @property
    def order(self) -> tuple[str, ...]:
        return self.routing.orders[self.start.target]

    @property
    def teams(self) -> list[Team]:
        teams = self.routing.policy.teams
        return [teams[place] for place in self.order if place in teams]


def route_lead(
    routing: CompiledRouting, case: Case, request: RouteRequest, roster: Roster
) -> Route:
    """Give a qualified lead its owner and next step, or a named hold. Total: it always answers.

    Who has the hand-off keeps it; then comes the owner of the account if that is required, an owner
    whom the CRM shows, the owner of the account if preferred, and at last the team and its overflow.
    """
    present = request.kept_owner or _present_member(routing, request)
    lead = _Lead(
        routing=routing,
        start=_start_of(routing, case, request),
        case=case,
        request=request,
        roster=roster,
        asked=Asked(
            present=present,
            refused_by=request.refused_by,
            due_at=request.due_at,
            is_theirs=request.is_chosen or request.is_started,
        ),
    )
    if request.unseen_systems and not request.present_owners and request.kept_owner is None:
        return _hold(lead, OWNER_UNSEEN, [], [])
    wish = lead.start.account_owner
    is_required = wish is AccountOwner.REQUIRE
    goes_first = is_required and request.kept_owner is None
    return (
        (None if goes_first else _keep(lead))
        or (_to_account_owner(lead, is_required=is_required) if wish is not None else None)
        or (_keep(lead) if goes_first else None)
        or _to_next(lead)
    )


def _start_of(routing: CompiledRouting, case: Case, request: RouteRequest) -> _Start:
    start = _apply_rules(routing, case)
    if request.target is None:
        return start
    return msgspec.structs.replace(start, target=request.target, account_owner=None)


def _apply_rules(routing: CompiledRouting, case: Case) -> _Start:
    policy = routing.policy
    for place, (rule, holds) in enumerate(routing.rules):
        if holds(case) is YES:
            return _Start(
                rule=rule.id,
                target=rule.target,
                next_step=policy.next_steps[rule.next_step],
                reasons=(),
                skipped=routing.passed_over[:place],
                account_owner=rule.account_owner or _wish_of(policy, rule.target),
            )
    return _Start(
        rule=None,
        target=policy.fallback,
        next_step=policy.next_steps[policy.fallback_next_step],
        reasons=("ROUTE_NO_RULE",),
        skipped=routing.passed_over,
        account_owner=None,
    )


def _wish_of(policy: RoutingPolicy, target: str) -> AccountOwner | None:
    return policy.teams[target].account_owner if target in policy.teams else None


def _due_at(calendar: WorkingCalendar, start: _Start, case: Case) -> datetime:
    """Count the time of the next step from its clock: a promise made on receipt runs since then."""
    clock, begin = start.next_step.clock, case.now
    if clock is not None:
        at = case.facts.get(clock)
        begin = at if isinstance(at, datetime) and at <= case.now else case.now
    return add_working_time(calendar, begin, start.next_step.within)


# --- who has the lead already


def _keep(lead: _Lead) -> Route | None:
    """Leave the lead with who has it, while they can work it."""
    outside = _outside_owner(lead)
    if outside is not None:
        others = [
            Rejection(
                candidate=m.id, code=Why.OWNER_KEEPS, reason="the present owner keeps the lead"
            )
            for team in lead.teams[:1]
            for m in team.members
        ]
        kept = _outside(lead, outside, _accounts_of(lead, outside), others)
        return msgspec.structs.replace(kept, reasons=("ROUTE_OWNER_KEPT",), is_kept=True)
    others_too = lead.routing.policy.teams.values() if lead.request.is_chosen else ()
    for team in (*lead.teams, *others_too):
        if any(member.id == lead.asked.present for member in team.members):
            pick = pick_member(team, lead.case, lead.roster, lead.asked)
            if pick.is_kept:
                return _to_member(lead, team, pick, (), [])
    return _stay_in_queue(lead)


def _outside_owner(lead: _Lead) -> str | None:
    """Find an active present owner who is on no team, when such owners keep their leads.

    A member of a team whose word counts more, because a person chose them later, goes first.
    """
    if not lead.routing.policy.keep_outside_owner or lead.request.kept_owner is not None:
        return None
    for system, owner in lead.request.present_owners.items():
        key = f"{system}:{owner}"
        if _is_free_outsider(lead, key):
            return key
        if key in lead.routing.members_by_owner and lead.request.is_chosen:
            return None
    return None


def _accounts_of(lead: _Lead, key: str) -> Mapping[str, str]:
    """The owner's id in the CRM that names them, and in others as far as they are known there."""
    system, _colon, owner = key.partition(":")
    return {**lead.routing.policy.twins.get(key, {}), system: owner}


def _is_free_outsider(lead: _Lead, key: str) -> bool:
    """Tell whether an owner on no team is a person who is active and has not refused the lead."""
    is_active = lead.roster.active is None or key in lead.roster.active
    is_person = key not in lead.routing.nobody and key not in lead.routing.members_by_owner
    return is_active and is_person and key not in lead.request.refused_by


def _stay_in_queue(lead: _Lead) -> Route | None:
    """Leave a lead in its queue when somebody there has begun on it, or it is not to be reclaimed."""
    queue = lead.routing.policy.queues.get(lead.request.kept_owner or "")
    if queue is None or queue.id not in lead.order:
        return None
    if queue.is_reclaimed and not lead.request.is_started:
        return None
    if not is_live(queue.owners, lead.roster.active):
        return None
    return msgspec.structs.replace(_to_queue(lead, queue, lead.start.reasons, []), again_at=None)


def _present_member(routing: CompiledRouting, request: RouteRequest) -> str | None:
    for system, owner in request.present_owners.items():
        member = routing.members_by_owner.get(f"{system}:{owner}")
        if member is not None:
            return member
    return None


# --- the owner of the account


def _to_account_owner(lead: _Lead, *, is_required: bool) -> Route | None:
    """Hand the lead to the owner of its organisation, at any hour; None: not known, or cannot."""
    who = next(iter(lead.request.account_owners), None)
    if who is None:
        return None
    member_id = lead.routing.members_by_owner.get(who, who)
    teams = [*lead.teams, *lead.routing.policy.teams.values()]
    found = next(((t, m) for t in teams for m in t.members if m.id == member_id), None)
    if found is None:
        if _is_free_outsider(lead, who) and ":" in who:
            return _outside(lead, who, _accounts_of(lead, who), [])
        return _to_queues(lead, "ROUTE_ACCOUNT_OWNER_AWAY", []) if is_required else None
    team, member = found
    obstacle = find_obstacle(member, team, lead.case, lead.roster, lead.asked)
    if obstacle is None:
        others = [
            Rejection(candidate=m.id, code=Why.ACCOUNT_OWNER, reason="the account's owner takes it")
            for m in team.members
            if m is not member
        ]
        pick = Pick(member=member, rejected=tuple(others))
        return msgspec.structs.replace(
            _to_member(lead, team, pick, (), []), reasons=("ROUTE_ACCOUNT_OWNER",)
        )
    return _to_queues(lead, "ROUTE_ACCOUNT_OWNER_AWAY", [obstacle]) if is_required else None


# --- anybody


def _to_next(lead: _Lead) -> Route:
    """Try the team, then its overflow in order; a queue whose owner is active takes any lead."""
    reasons, rejected = list(lead.start.reasons), list[Rejection]()
    policy = lead.routing.policy
    for place in lead.order:
        if team_key(place) in lead.request.refused_by:
            reasons.append("ROUTE_ALL_REFUSED")
        elif place in policy.teams:
            pick = pick_member(policy.teams[place], lead.case, lead.roster, lead.asked)
            if pick.member is not None:
                return _to_member(lead, policy.teams[place], pick, reasons, rejected)
            rejected += pick.rejected
            reasons.append(_why_passed_over(pick.rejected))
        elif is_live(policy.queues[place].owners, lead.roster.active):
            return _to_queue(lead, policy.queues[place], reasons, rejected)
        else:
            rejected.append(_dead_queue(place))
            reasons.append("ROUTE_QUEUE_INACTIVE")
    return _hold(lead, NO_OWNER, reasons, rejected)


def _to_queues(lead: _Lead, reason: str, rejected: list[Rejection]) -> Route:
    """Pass over all people: the first queue in the order whose owner is active takes the lead."""
    reasons = [*lead.start.reasons, reason]
    queues = lead.routing.policy.queues
    for place in lead.order:
        if place in queues and is_live(queues[place].owners, lead.roster.active):
            return _to_queue(lead, queues[place], reasons, rejected)
    return _hold(lead, NO_OWNER, [*reasons, "ROUTE_QUEUE_INACTIVE"], rejected)


def _dead_queue(place: str) -> Rejection:
    return Rejection(candidate=place, code=Why.INACTIVE, reason="not an active owner in the CRM")


_PASSED_OVER = (
    (frozenset({Why.FULL}), "ROUTE_TEAM_AT_CAPACITY"),
    (frozenset({Why.OFF_DUTY}), "ROUTE_TEAM_OFF_DUTY"),
    (frozenset({Why.AWAY, Why.NOT_STARTED, Why.PAUSED}), "ROUTE_TEAM_AWAY"),
    (frozenset({Why.REFUSED}), "ROUTE_ALL_REFUSED"),
    (frozenset({Why.UNSKILLED}), "ROUTE_TEAM_UNSKILLED"),
    (frozenset({Why.INACTIVE}), "ROUTE_TEAM_INACTIVE"),
)


PASSED_OVER_CODES = frozenset(
    [code for _causes, code in _PASSED_OVER]
    + ["ROUTE_TEAM_EMPTY", "ROUTE_ACCOUNT_OWNER_AWAY", "ROUTE_QUEUE_INACTIVE"]
)
"""Why a place that was to take a lead did not."""


def _why_passed_over(rejected: Iterable[Rejection]) -> str:
    """Name what keeps the team from taking a lead: of several reasons the one soonest mended."""
    codes = {rejection.code for rejection in rejected}
    found = (reason for causes, reason in _PASSED_OVER if not causes.isdisjoint(codes))
    return next(found, "ROUTE_TEAM_EMPTY")


def _to_member(
    lead: _Lead, team: Team, pick: Pick, reasons: Sequence[str], rejected: Sequence[Rejection]
) -> Route:
    assert pick.member is not None
    start = lead.start
    how = _how(is_kept=pick.is_kept, is_own_team=team.id == start.target)
    return Route(
        rule=start.rule,
        target=team.id,
        owner=pick.member.id,
        owners=pick.member.owners,
        next_step=start.next_step,
        due_at=_due_at(pick.member.calendar or team.calendar, start, lead.case),
        reasons=tuple(dict.fromkeys([*reasons, how])),
        rejected=(*rejected, *pick.rejected, *start.skipped),
        is_kept=pick.is_kept,
        balances=pick.balances,
    )


def _outside(
    lead: _Lead, who: str, owners: Mapping[str, str], rejected: Sequence[Rejection]
) -> Route:
    start, policy = lead.start, lead.routing.policy
    place = policy.teams.get(start.target) or policy.queues[start.target]
    return Route(
        rule=start.rule,
        target=start.target,
        owner=None,
        owners=owners,
        next_step=start.next_step,
        due_at=_due_at(place.calendar, start, lead.case),
        reasons=("ROUTE_ACCOUNT_OWNER",),
        rejected=(*rejected, *start.skipped),
        outside_owner=who,
    )


def _to_queue(
    lead: _Lead, queue: Queue, reasons: Sequence[str], rejected: Sequence[Rejection]
) -> Route:
    start, is_overflow = lead.start, queue.id != lead.start.target
    how = ["ROUTE_QUEUE", "ROUTE_OVERFLOW"] if is_overflow else ["ROUTE_QUEUE"]
    return Route(
        rule=start.rule,
        target=queue.id,
        owner=queue.id,
        owners=queue.owners,
        next_step=start.next_step,
        due_at=_due_at(queue.calendar, start, lead.case),
        reasons=tuple(dict.fromkeys([*reasons, *how])),
        rejected=(*rejected, *start.skipped),
        is_kept=lead.request.kept_owner == queue.id,
        is_queue=True,
        is_waiting=is_overflow,
        again_at=_again_at(rejected) if is_overflow and queue.is_reclaimed else None,
    )


def _hold(lead: _Lead, hold: str, reasons: Sequence[str], rejected: Sequence[Rejection]) -> Route:
    """Give the lead to nobody, and say so; it is looked at again soon, in case a CRM was mended."""
    start, fallback = lead.start, lead.routing.policy.queues[lead.routing.policy.fallback]
    soon = lead.case.now + HOLD_LOOKED_AT
    return Route(
        rule=start.rule,
        target=start.target,
        owner=None,
        owners={},
        next_step=start.next_step,
        due_at=_due_at(fallback.calendar, start, lead.case),
        reasons=tuple(dict.fromkeys([hold, *reasons])),
        rejected=(*rejected, *start.skipped),
        hold=hold,
        again_at=min(_again_at(rejected) or soon, soon),
    )


NO_OWNER, OWNER_UNSEEN = "HOLD_NO_ACTIVE_OWNER", "ROUTE_OWNER_UNSEEN"
HOLD_LOOKED_AT = timedelta(hours=1)


def _again_at(rejected: Iterable[Rejection]) -> datetime | None:
    """Say when the first obstacle may be over."""
    return min((one.until for one in rejected if one.until is not None), default=None)


def _how(*, is_kept: bool, is_own_team: bool) -> str:
    if is_kept:
        return "ROUTE_OWNER_KEPT"
    return "ROUTE_TEAM_MEMBER" if is_own_team else "ROUTE_OVERFLOW"
