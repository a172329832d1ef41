"""Asks routing for the owner of one lead, given what is remembered of its last hand-off.

Routing knows teams and rules; this knows the lead's history. A hand-off that stands keeps its owner,
its due time and its reasons, so that deciding again changes nothing. One that nobody follows up in
time is routed again, as its follow-up policy says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from worker.core.assignment import Roster
from worker.core.case import as_routed
from worker.core.follow_up import (
    MISSED,
    SETTLED,
    Doer,
    FollowUp,
    FollowUpPolicy,
    FollowUpState,
    Pursuit,
    advance,
    due_move,
    first_follow_up,
    next_mark_at,
)
from worker.core.holding import (
    Holding,
    Refusals,
    account_owners,
    has_hand_off,
    names_of,
    owner_keys,
    present_owners,
)
from worker.core.judgement import Judgement, LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.memory import Memory, Refusal, with_refusal
from worker.core.model import Activity
from worker.core.next_owner import route_lead
from worker.core.routing import Route, RouteRequest, RoutingPolicy, team_of
from worker.core.ruleset import Ruleset
from worker.core.sales import is_accepted, said_by_sales
from worker.core.working_time import WorkingCalendar, add_working_time

NO_ACCOUNT = "ROUTE_OWNER_NOT_IN_CRM"


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """The owner of a lead, how far the clock of its follow-up is, and when it moves on by itself."""

    route: Route
    refusals: Refusals
    taken_from: frozenset[str]
    follow_up: FollowUp | None = None
    wake_at: datetime | None = None

    def with_reasons(self, codes: Sequence[str]) -> HandOver:
        """Add codes to those of the route."""
        route = msgspec.structs.replace(self.route, reasons=(*self.route.reasons, *codes))
        return msgspec.structs.replace(self, route=route)


def hand_over(
    ruleset: Ruleset,
    snapshot: LeadSnapshot,
    judgement: Judgement,
    refusals: Refusals,
    roster: Roster,
) -> HandOver:
    """Route a lead that is at the stage of hand-off, and see to it that somebody turns to it."""
    desk = _Desk(
        ruleset=ruleset,
        judgement=judgement,
        holding=Holding(
            routing=ruleset.routing,
            memory=snapshot.memory,
            present=present_owners(ruleset, snapshot),
            chosen_at=snapshot.owner_set_by_person_at,
            is_accepted=_is_theirs(judgement, snapshot.memory),
            untouched=snapshot.untouched_owners,
        ),
        contacts=snapshot.contacts,
        roster=roster,
        planned=snapshot.activities,
    )
    refusals = desk.holding.without_chosen(refusals)
    refusals = desk.holding.with_let_go(refusals, desk.now)
    route = desk.route(refusals)
    policy = desk.policy_of(route)
    if policy is None or route.hold is not None:
        return desk.handed(route, refusals)
    clock = desk.clock_of(route)
    pursuit = desk.pursuit_of(route, policy, clock)
    clock = advance(clock, pursuit, desk.actions(policy), desk.now)
    move = due_move(clock, pursuit, desk.now)
    if move is not None:
        route, clock, refusals = desk.move(route, policy, clock, refusals, move)
        pursuit = desk.pursuit_of(route, policy, clock)
    ahead = next_mark_at(clock, pursuit, desk.planned, desk.now)
    return msgspec.structs.replace(desk.handed(route, refusals), follow_up=clock, wake_at=ahead)


class _Desk(msgspec.Struct, frozen=True, kw_only=True):
    """All that the hand-over of one lead depends on."""

    ruleset: Ruleset
    judgement: Judgement
    holding: Holding
    contacts: Sequence[MappedContact]
    roster: Roster
    planned: tuple[Activity, ...]

    @property
    def now(self) -> datetime:
        return self.judgement.case.now

    @property
    def routing(self) -> RoutingPolicy:
        return self.ruleset.configuration.routing

    @property
    def memory(self) -> Memory:
        return self.holding.memory

    def handed(self, route: Route, refusals: Refusals) -> HandOver:
        taken_from = self.holding.taken_from(route)
        return HandOver(route=self.told(route), refusals=refusals, taken_from=taken_from)

    def route(self, refusals: Refusals) -> Route:
        """Route the lead; a hand-off that stands keeps its due time and its reasons."""
        memory, is_kept = self.memory, self.holding.still_owns(refusals)
        route = self._routed(
            RouteRequest(
                present_owners=self.holding.present,
                kept_owner=memory.owner if is_kept else None,
                refused_by=names_of(refusals),
                unseen_systems=frozenset(
                    c.ref.system for c in self.contacts if "owner" in c.unseen
                ),
                due_at=memory.next_step_due_at if self.holding.has_hand_off else None,
                is_started=is_kept and self._has_begun(),
                account_owners=self._account_owners(),
                target=self._escalated_to() if is_kept else None,
                is_chosen=self.holding.is_settled,
            )
        )
        if self.holding.is_standing(route) and memory.next_step_due_at is not None:
            reasons = memory.route_reasons or route.reasons
            return msgspec.structs.replace(route, due_at=memory.next_step_due_at, reasons=reasons)
        return route

    def told(self, route: Route) -> Route:
        """Say of a route whether some CRM of the lead has no account for the owner."""
        written = self.ruleset.owner_writers
        lacking = {c.ref.system for c in self.contacts if c.ref.system in written} - set(
            route.owners
        )
        others = tuple(code for code in route.reasons if code != NO_ACCOUNT)
        reasons = (*others, NO_ACCOUNT) if lacking and route.hold is None else others
        return (
            route if reasons == route.reasons else msgspec.structs.replace(route, reasons=reasons)
        )

    def _account_owners(self) -> tuple[str, ...]:
        asked = self.ruleset.routing.asks_account_owner
        return account_owners(self.contacts) if asked else ()

    def _routed(self, request: RouteRequest) -> Route:
        case = as_routed(self.judgement.case, str(self.judgement.pathway))
        return route_lead(self.ruleset.routing, case, request, self.roster)

    def _has_begun(self) -> bool:
        """Tell whether who has the lead has followed it up, be it that we only see it now."""
        clock, step = (
            self.memory.follow_up,
            self.routing.next_steps.get(self.memory.next_step or ""),
        )
        policy = self._policy_named(step.follow_up if step else None)
        if clock is None or policy is None:
            return False
        if clock.first_at is not None:
            return True
        who = str(self.memory.owner)
        pursuit = Pursuit(
            policy=policy,
            calendar=self.routing.queues[self.routing.fallback].calendar,
            owners=_owners_who_count(self.routing, who, team_of(self.routing, who), policy.by),
            may_reassign=False,
        )
        return first_follow_up(clock, pursuit, self.actions(policy), self.now) is not None

    def _escalated_to(self) -> str | None:
        clock = self.memory.follow_up
        place = clock.escalated_to if clock is not None else None
        is_known = place in self.routing.teams or place in self.routing.queues
        return place if is_known else None

    # --- the clock of its follow-up

    def policy_of(self, route: Route) -> FollowUpPolicy | None:
        return self._policy_named(route.next_step.follow_up)

    def _policy_named(self, name: str | None) -> FollowUpPolicy | None:
        return self.routing.follow_up.policies.get(name) if name is not None else None

    def clock_of(self, route: Route) -> FollowUp:
        """Take up the clock of the hand-off that stands, or begin another."""
        clock, memory = self.memory.follow_up, self.memory
        if clock is None or not self.holding.has_owner(route):
            return self._begin(route, clock if self.holding.has_hand_off else None)
        is_withdrawn = clock.state is FollowUpState.ACCEPTED and not self._is_accepted()
        is_settled = clock.state in SETTLED and not is_withdrawn
        if is_settled or (route.next_step.id == memory.next_step and not is_withdrawn):
            return clock
        due_at = self._due_at(route)
        return msgspec.structs.replace(clock, state=FollowUpState.WAITING, due_at=due_at)

    def _begin(self, route: Route, before: FollowUp | None) -> FollowUp:
        return FollowUp(
            state=FollowUpState.WAITING,
            counts_from=self._counts_from(route),
            due_at=self._due_at(route),
            reassignments=before.reassignments if before else 0,
            escalated_to=route.target if before and before.escalated_to == route.target else None,
        )

    def _due_at(self, route: Route) -> datetime:
        """Nobody is late before having had the whole time of the next step."""
        whole = add_working_time(self.calendar_of(route), self.now, route.next_step.within)
        return max(route.due_at, whole)

    def _counts_from(self, route: Route) -> datetime:
        """Since when an action of the owner is a follow-up: the hand-off.

        Who had the lead before we handed it off may have answered its last strong step at once; whom
        a person gave it since our last hand-off, at any time after that.
        """
        if not route.is_kept:
            return self.now
        if self.holding.has_hand_off:
            return self.memory.assigned_at or self.now
        return self.judgement.standing.last_strong_at or self.now

    def calendar_of(self, route: Route) -> WorkingCalendar:
        place = self.routing.teams.get(route.target) or self.routing.queues[route.target]
        return place.calendar

    def pursuit_of(self, route: Route, policy: FollowUpPolicy, clock: FollowUp) -> Pursuit:
        return Pursuit(
            policy=policy,
            calendar=self.calendar_of(route),
            owners=_owners_who_count(
                self.routing, route.owner or str(route.outside_owner), route.target, policy.by
            ),
            may_reassign=self._may_take_away(route) and not route.is_queue,
            is_accepted=self._is_accepted() and self._stops(route, clock),
        )

    def _may_take_away(self, route: Route) -> bool:
        """Tell whether the owner is ours to change: on a team or a queue, and chosen by no person."""
        return route.owner is not None and not (
            self.holding.chosen_at is not None and route.is_kept
        )

    def _is_accepted(self) -> bool:
        return has_accepted(self.judgement, self.memory)

    def _stops(self, route: Route, clock: FollowUp) -> bool:
        """Tell whether what sales accepted is this hand-off: somebody new has yet to turn to it."""
        if clock.state is FollowUpState.ACCEPTED:
            return True
        is_news = said_by_sales(self.judgement.case.facts) != self.memory.sales_word
        return is_news or (self.memory.follow_up is None and self.holding.has_owner(route))

    def actions(self, policy: FollowUpPolicy) -> list[Activity]:
        by_kind = self.judgement.case.by_kind
        return [activity for kind in policy.kinds for activity in by_kind.get(kind, ())]

    def move(
        self,
        route: Route,
        policy: FollowUpPolicy,
        clock: FollowUp,
        refusals: Refusals,
        move: FollowUpState,
    ) -> tuple[Route, FollowUp, Refusals]:
        """Give the lead to somebody else, or to where it is escalated, or only raise the flag."""
        is_reassigned = move is FollowUpState.REASSIGNED
        place = None if is_reassigned else policy.escalate_to
        is_there = place if place == route.owner else None
        stays = bool(is_there) or not self._may_take_away(route) or not (is_reassigned or place)
        if route.owner is None or stays:
            return (
                route,
                msgspec.structs.replace(clock, state=move, escalated_to=is_there),
                refusals,
            )
        if not route.is_queue:
            missed = Refusal(by=route.owner, at=self.now, reason=MISSED)
            refusals = with_refusal(refusals, missed)
        request = RouteRequest(
            present_owners={},
            refused_by=names_of(refusals),
            account_owners=self._account_owners(),
            target=place,
        )
        route = self._routed(request)
        begun = FollowUp(
            state=move,
            counts_from=self.now,
            due_at=self._due_at(route),
            reassignments=clock.reassignments + is_reassigned,
            escalated_to=place,
        )
        return msgspec.structs.replace(route, due_at=begun.due_at), begun, refusals


def has_accepted(judgement: Judgement, memory: Memory) -> bool:
    """Tell whether sales accepted the hand-off that stands, though a CRM may have lost its stage."""
    return judgement.standing.is_accepted or (
        has_hand_off(memory) and is_accepted(judgement.case.facts, memory)
    )


def _is_theirs(judgement: Judgement, memory: Memory) -> bool:
    """Tell whether sales took the lead on from who has it now, and not from an owner before."""
    clock = memory.follow_up
    is_news = said_by_sales(judgement.case.facts) != memory.sales_word
    is_theirs = clock is None or clock.state is FollowUpState.ACCEPTED or clock.first_at is not None
    return has_accepted(judgement, memory) and (is_theirs or is_news)


def _owners_who_count(
    policy: RoutingPolicy, who: str, place: str | None, by: Doer
) -> frozenset[str] | None:
    """Whose action is a follow-up; from a queue anybody may take up a lead."""
    if by is Doer.ANYONE or who in policy.queues:
        return None
    names = {who}
    if by is Doer.TEAM and place is not None and place in policy.teams:
        names |= {member.id for member in policy.teams[place].members}
    return owner_keys(policy, names)
